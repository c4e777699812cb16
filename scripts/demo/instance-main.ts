/** A demo instance's process: the OpenClaw-shaped stand-in, which ends with the demo even when the demo is killed (its end of the pipe closes). */
process.stdin.on("end", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
process.stdin.resume();

await import("../fakes/main-instance.ts");

export {};
