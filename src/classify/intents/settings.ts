/** Every number of the classifier, for every language and size of set. Found on validation data; a changed one shows in the pinned scores. */

export const settings = {
  /** A longer message is judged by its beginning. In UTF-16 units. */
  maxUnits: 2_000,
  /** Character n-grams within words, of these lengths; a word's two ends count as a character. */
  gramMin: 2,
  gramMax: 4,
  /** What an n-gram's share of a vector may be, words against characters. */
  wordShare: 1,
  gramShare: 1,
  /** An n-gram must be in this many examples to be remembered, if there are enough of them. */
  minDocuments: 2,
  /** Support vector machine: cost of an error, passes over the examples. */
  cost: 1,
  passes: 12,
  /** Weight and smoothing of the naive Bayes that is added to it. */
  bayesWeight: 0.15,
  bayesSmoothing: 0.1,
  /** Weights below this share of the largest are dropped. */
  pruneBelow: 0.06,
  /** Parts of cross-validation; each leaves out examples, and whole intents as messages out of scope. */
  folds: 3,
  foldPasses: 6,
};
