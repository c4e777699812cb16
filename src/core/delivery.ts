/** One HTTP call from a platform, as it arrived. The raw bytes are what is verified and what a native instance gets. */
export interface Delivery {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly arrivedAtMs: number;
}
