/** `Retry-After` of an answer, as a wait. An instance is not believed beyond an hour. */

/** A wait longer than this says nothing useful about a message that a person is waiting for. */
const MAX_WAIT_MS = 3_600_000;

/** The wait it asks for, or undefined when it is missing or unreadable. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(MAX_WAIT_MS, Number(text) * 1000);
  // An HTTP date begins with the day's name; Date.parse alone would also take "-1" or "1e3".
  const atMs = /^[A-Z][a-z]{2,8}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.min(MAX_WAIT_MS, Math.max(0, atMs - nowMs));
}
