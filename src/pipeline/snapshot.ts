import type { IntentModel } from "../classify/intents/model.ts";
import type { Routes } from "../config/routes.ts";
import type { Router } from "../routing/router.ts";

/** The routes document in force, with the router compiled from it. */
export interface Snapshot {
  readonly routes: Routes;
  readonly router: Router;
  /** What the router asks for an intent; for those who ask without a message. None where the document has no intents. */
  readonly intents?: IntentModel | undefined;
}

/** Where the journey and the objects read the configuration. */
export interface RoutesSource {
  /**
   * The newest snapshot this isolate knows, at least as new as `atLeast`; undefined when no document was ever accepted, or none
   * can be read now. Older code that cannot compile a document that new gives the one it has. Served from memory; refreshed behind
   * the caller's back.
   */
  current(atLeast?: number): Promise<Snapshot | undefined>;
}
