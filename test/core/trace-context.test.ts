import { describe, expect, it } from "vitest";
import { traceIdOf, traceparentOf } from "../../src/core/trace-context.ts";

describe("trace context", () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const span = "00f067aa0ba902b7";
  it("what we write we read", () => expect(traceIdOf(traceparentOf(trace, span))).toBe(trace));
  it.each([
    null,
    "",
    `00-${trace}-${span}`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${"0".repeat(32)}-${span}-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    `ff-${trace}-${span}-01`,
    `00-${trace}-${span}-01, 00-${trace}-${span}-01`,
    `00-${trace}-${span}-01\n`,
  ])("%j begins a new trace", (header) => expect(traceIdOf(header)).toBeUndefined());
});
