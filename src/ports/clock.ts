/** Time. Long-lived things ask it; functions get `nowMs` as an argument. */
export interface Clock {
  nowMs(): number;
  /** Ends early, without an error, when `wake` is aborted: a timer that is left behind keeps an object in memory. */
  sleep(ms: number, wake?: AbortSignal): Promise<void>;
}
