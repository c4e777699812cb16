/** What the stand-ins' own processes have in common: flags in, one ready line out, an end at SIGTERM. */
import { parseArgs } from "node:util";

type Flags = Readonly<Record<string, string | undefined>>;

/** Every flag is text; an unknown one ends the process with what there is. */
export function readFlags(names: readonly string[]): Flags {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" } as const]));
    return parseArgs({ options, strict: true }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nFlags: ${names.map((name) => `--${name}`).join(" ")}`);
    process.exit(2);
  }
}

export function requireFlag(flags: Flags, name: string): string {
  const value = flags[name];
  if (value !== undefined && value !== "") return value;
  console.error(`--${name} is missing`);
  process.exit(2);
}

/** Prints the ready line with this process's pid, so that a person can kill it. */
export function announce(facts: object, stop: () => Promise<void>): void {
  console.log(JSON.stringify({ event: "ready", ...facts, pid: process.pid }));
  const end = (): void => void stop().finally(() => process.exit(0));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, end);
}
