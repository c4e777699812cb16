/** A script started by npm ends with npm. For the runner and the demo; does nothing outside npm. */
import { isRunning, npmPid } from "./processes.ts";

const PARENT_POLL_MS = 150;

/** Under npm a script ends with npm, however that ended: neither npm nor its shell hands every signal on. */
export function followNpm(stop: () => void): void {
  const npm = npmPid();
  const parent = process.ppid;
  if (npm === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent && isRunning(npm)) return;
    clearInterval(timer);
    stop();
  }, PARENT_POLL_MS);
  timer.unref();
}
