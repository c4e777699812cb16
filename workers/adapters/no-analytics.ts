/** In place of the limiter's own analytics, which are off: it would be bundled all the same. Never constructed. */
export class Analytics {
  constructor() {
    throw new Error("the limiter's analytics are not part of this bundle");
  }
}
