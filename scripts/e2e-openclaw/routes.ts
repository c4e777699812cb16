/** The routes document of this proof: one bot, one pool of gateways that hold rather than move, and a gateway that joins later. */
import { WEBHOOK_PATH } from "./gateway-config.ts";

export interface Site {
  readonly name: string;
  readonly port: number;
  readonly listenerPort: number;
}

export const ACCOUNT = "telegram:support";
export const POOL = "support";
export const WEBHOOK_SECRET_VAR = "TG_SECRET";
export const TOKEN_VAR = "TG_TOKEN";

/** A gateway takes up to 30 s to start; nothing may move meanwhile. */
const HOLD_MS = 180_000;

export const listenerSecretVar = (site: string): string => `${site.toUpperCase().replaceAll("-", "_")}_TG_SECRET`;

const instanceOf = (site: Site) => ({
  url: `http://127.0.0.1:${site.port}`,
  region: "weur",
  probe: { intervalMs: 2_000, timeoutMs: 2_000 },
  native: { [ACCOUNT]: { url: `http://127.0.0.1:${site.listenerPort}${WEBHOOK_PATH}`, secret: listenerSecretVar(site.name) } },
});

export const routesDocument = (sites: readonly Site[], members: readonly string[]): string =>
  JSON.stringify(
    {
      accounts: { [ACCOUNT]: { pool: POOL, scope: "chat", secrets: { webhook: WEBHOOK_SECRET_VAR, token: TOKEN_VAR } } },
      instances: Object.fromEntries(sites.map((site) => [site.name, instanceOf(site)])),
      pools: { [POOL]: { instances: members, strategy: "rendezvous", failover: { policy: "hold-then-move", holdMs: HOLD_MS } } },
    },
    null,
    2,
  );
