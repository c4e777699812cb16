/** What a classifier is trained on: an operator's intents with example messages in any language, and messages that are none of them. */

export interface IntentExamples {
  readonly name: string;
  /** One sentence of what it is for; learned from like one more example, and so is the name. */
  readonly description?: string;
  readonly examples: readonly string[];
}

export interface TrainingSet {
  readonly intents: readonly IntentExamples[];
  /** Messages that belong to no intent. Thresholds are found without any; a hundred make them better. */
  readonly outOfScope: readonly string[];
  /** How many of all messages are expected to belong to no intent, 0 to 1: what the threshold weighs. */
  readonly outOfScopeShare: number;
}
