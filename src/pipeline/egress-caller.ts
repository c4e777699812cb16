/** Who calls: a path and an edge token to an account and an instance of the document. Says why it refuses to the log only. */
import type { EgressTarget } from "../channels/egress.ts";
import type { Routes } from "../config/routes.ts";
import type { Account } from "../core/account.ts";
import { readEdgeToken } from "../core/edge-token.ts";
import type { LinkName } from "../core/link-name.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { Secret } from "../core/secret.ts";
import type { Secrets } from "../ports/secrets.ts";
import { linkOf } from "./link-of.ts";
import type { RoutesSource } from "./snapshot.ts";

export interface Claim {
  /** `channel:name`, as the path says. */
  readonly account: string;
  readonly instance: string;
  readonly target: EgressTarget;
}

export interface Caller {
  readonly account: Account;
  readonly instance: string;
  readonly generation: number;
  /** How it takes its messages of this account. */
  readonly link: LinkName;
  /** The bot's own token, which the call leaves with. */
  readonly token: Secret;
  readonly routes: Routes;
}

/** `unlinked`: a genuine token of an instance that this copy of the document does not know, or not any more. */
export type CallerProblem = "unconfigured" | "unknown-account" | "unknown-instance" | "unlinked" | "no-secret" | "bad-token";

/** Checked against when there is nothing to check, so that an unknown name takes as long as a wrong token. */
const NOBODY = new Secret("0:nobody");

interface IdentifyPorts {
  readonly routes: RoutesSource;
  readonly secrets: Secrets;
  readonly tokenPrefix: (realToken: string) => string;
}

export async function identify(claim: Claim, ports: IdentifyPorts): Promise<Result<Caller, CallerProblem>> {
  const routes = (await ports.routes.current())?.routes;
  if (routes === undefined) return fail("unconfigured");
  const known = lookUp(claim, routes, ports.secrets);
  const token = known.ok ? known.value.token : NOBODY;
  const generation = await readEdgeToken(claim.target.token, claim, ports.tokenPrefix(token.open()), token);
  if (!known.ok) return known;
  const link = linkOf(routes, claim.instance, known.value.account.id)?.name;
  if (generation === undefined) return fail(link === undefined ? "unknown-instance" : "bad-token");
  return link === undefined ? fail("unlinked") : ok({ ...known.value, routes, link, generation, instance: claim.instance });
}

function lookUp(claim: Claim, routes: Routes, secrets: Secrets): Result<Pick<Caller, "account" | "token">, CallerProblem> {
  const account = routes.accounts.get(claim.account);
  if (account === undefined) return fail("unknown-account");
  const token = secrets.get(account.secrets["token"] ?? "");
  return token === undefined ? fail("no-secret") : ok({ account, token });
}
