/** Every number of the classifier, for every language and size of set. Found on validation data; a changed one shows in the pinned scores. */

export const settings = {
  /** A longer message is judged by its beginning. In UTF-16 units. */
  maxUnits: 2_000,
  /** Character n-grams within words, of these lengths; a word's two ends count as a character. */
  gramMin: 2,
  gramMax: 4,
  /** The rarest n-grams are forgotten first: an n-gram must be in one more example for each time there are this many. */
  manyEntries: 32_000,
  /** Support vector machine: cost of an error, passes over the examples, and when a class no longer pushes. */
  cost: 1,
  passes: 6,
  tolerance: 0.05,
  /** Weights below this share of the largest are dropped. */
  pruneBelow: 0.02,
  /** Cross-validation leaves out one example and one intent of this many at a time, until this many messages are judged. */
  folds: 10,
  leastParts: 3,
  judged: 3_000,
  /** Where the logistic function begins, and how many messages it takes to move it. */
  priorCoefficients: [-4, 6, 2, -2, 0, -1] as readonly number[],
  priorStrength: 1,
  priorThreshold: 0.5,
  /** The share of messages out of scope in the validation set of the paper that the operating point is named after: 100 of 3,100. */
  paperShare: 0.032,
};
