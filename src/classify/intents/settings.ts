/** Every number of the classifier, for every language and size of set. Found on validation data; a changed one shows in the pinned scores. */

export const settings = {
  /** A longer message is judged by its beginning. In UTF-16 units. */
  maxUnits: 2_000,
  /** Character n-grams within words, of these lengths; a word's two ends count as a character. */
  gramMin: 2,
  gramMax: 4,
  /** How many n-grams are remembered, the ones in fewest examples forgotten first; and weights, so that training fits an isolate. */
  maxEntries: 40_000,
  maxWeights: 8_000_000,
  /** Support vector machine: cost of an error, passes over the examples, and when a class no longer pushes. */
  cost: 1,
  passes: 5,
  tolerance: 0.1,
  /** A weight is one of this many levels up and down; at most 127. */
  levels: 31,
  /** Cross-validation leaves out one example and one intent of this many at a time, until this many messages are judged. */
  folds: 10,
  leastParts: 3,
  judged: 3_000,
  /**
   * Where the logistic functions begin, and how many messages it takes to move them; of the first coefficient, fewer. The second and
   * third number are what is added to the first for each halving of examples and of intents.
   */
  priorRight: [-1.3, 0.44, 0.62, 5, 6, -1.5, -1, -3, 2.4] as readonly number[],
  priorOutside: [0, -0.47, -0.41, -5, -2, 2, 1, 2.5, -2] as readonly number[],
  manyExamples: 50,
  manyIntents: 20,
  priorStrength: 20,
  freeStrength: 5,
  priorThreshold: 0.6,
  thresholdStrength: 100,
  /** What is out of scope by the operator's word counts as one message each; what was an intent left out, together as many as this. */
  sparedWeight: 20,
  /** The share of messages out of scope in the validation set of the paper that the operating point is named after: 100 of 3,100. */
  paperShare: 0.032,
};
