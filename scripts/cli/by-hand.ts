/** What an operator types into a platform's own pages, as lines. The verify token is a secret: it is printed, and kept nowhere. */
import { facts } from "./output.ts";

export interface ByHand {
  readonly callbackUrl?: string | null;
  /** Not given where nothing has to be typed; null while the edge does not have it. */
  readonly verifyToken?: string | null;
  readonly verifyVariable?: string;
  readonly enterAt?: string;
}

/** An answer of the edge that holds it, a refusal included. */
export const byHandIn = (answer: unknown): ByHand | undefined =>
  typeof answer === "object" && answer !== null && "callbackUrl" in answer ? (answer as ByHand) : undefined;

export function byHandLines({ callbackUrl, verifyToken, verifyVariable, enterAt }: ByHand): readonly string[] {
  const missing = `the variable ${verifyVariable ?? ""} is not set. Next: wrangler secret put ${verifyVariable ?? "NAME"}`;
  return [
    "To enter by hand:",
    ...facts({ "  callback URL": callbackUrl, "  verify token": verifyToken ?? missing }),
    ...(enterAt === undefined ? [] : [`Where: ${enterAt}.`]),
  ];
}
