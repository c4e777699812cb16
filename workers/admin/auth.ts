/** Who may use `/admin/*`: whoever holds `ADMIN_TOKEN`, and nobody while it is not set. */
import { bearerGate } from "../bearer.ts";

export const requireAdmin = bearerGate(["ADMIN_TOKEN"]);
