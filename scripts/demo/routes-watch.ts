/** After an edit of the routes file, asks the edge to look, so that the verdict shows without waiting for a message. Reads nothing but the file's time. */
import { statSync } from "node:fs";
import type { Admin } from "./admin.ts";

const LOOK_EVERY_MS = 500;
/** The runner copies the file once it holds still, and an isolate trusts its copy for a second. */
const LOOKS_AFTER_EDIT = 5;

const timeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Returns how to stop. */
export function watchEdits(file: string, admin: Pick<Admin, "lookAtRoutes">): () => void {
  let known = timeOf(file);
  let looks = 0;
  const timer = setInterval(() => {
    const now = timeOf(file);
    if (now !== known) looks = LOOKS_AFTER_EDIT;
    known = now;
    if (looks === 0) return;
    looks -= 1;
    admin.lookAtRoutes().catch(() => undefined);
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
