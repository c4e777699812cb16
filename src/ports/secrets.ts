import type { Secret } from "../core/secret.ts";

/** Worker variables by name. The routes document only ever names them. */
export interface Secrets {
  get(name: string): Secret | undefined;
}
