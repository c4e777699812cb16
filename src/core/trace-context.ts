/** W3C Trace Context: continue a caller's trace, or begin one. @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The trace id of a well-formed traceparent, or undefined (all-zero ids are invalid). */
export function traceIdOf(traceparent: string | null): string | undefined {
  const match = TRACEPARENT.exec(traceparent ?? "");
  if (match?.[1] === undefined || /^0+$/.test(match[1]) || /^0+$/.test(match[2] ?? "0")) return undefined;
  return match[1];
}

export const traceparentOf = (traceId: string, spanId: string): string => `00-${traceId}-${spanId}-01`;
