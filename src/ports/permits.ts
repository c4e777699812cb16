/** Concurrency across conversations: at most `limit` hand-overs of a pool at once. A permit not given back lapses after `leaseMs`. */
export interface Permits {
  acquire(pool: string, limit: number, leaseMs: number): Promise<string | undefined>;
  release(pool: string, permit: string): Promise<void>;
}
