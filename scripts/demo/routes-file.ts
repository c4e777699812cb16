/** The demo's routes document: the commented template beside this file, with the addresses this run takes. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const TEMPLATE = fileURLToPath(new URL("routes.jsonc", import.meta.url).href);

export const readTemplate = (): string => readFileSync(TEMPLATE, "utf8");

/** The instances the template has addresses to fill in for, in its order. */
export const instancesIn = (template: string): readonly string[] => [
  ...new Set([...template.matchAll(/http:\/\/([a-z0-9-]+)\.gateway\.example/g)].map(([, name]) => name ?? "")),
];

export interface Address {
  readonly name: string;
  readonly port: number;
  readonly listenerPort: number;
}

export const fillIn = (template: string, addresses: readonly Address[]): string =>
  addresses.reduce(
    (text, { name, port, listenerPort }) =>
      text
        .replaceAll(`http://${name}.gateway.example`, `http://127.0.0.1:${port}`)
        .replaceAll(`http://${name}.listener.example`, `http://127.0.0.1:${listenerPort}`),
    template,
  );

/** The variable the template names for an instance's listener secret. */
export const secretVariable = (instance: string): string => `${instance.toUpperCase().replaceAll("-", "_")}_SECRET`;
