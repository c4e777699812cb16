/** Time. Long-lived things ask it; functions get `nowMs` as an argument. */
export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}
