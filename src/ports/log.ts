import type { LogLine } from "../core/log-line.ts";

/** Where log lines go; the implementation adds `ts`. */
export interface Log {
  write(line: LogLine): void;
}
