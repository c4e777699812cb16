#!/usr/bin/env node
/**
 * The `clawedge` command under whatever Node the machine has: a Node that runs TypeScript goes on by itself, an older one hands
 * over to the Node that npm installed with this project. Plain JavaScript that Node 20 understands; decides nothing else.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** From here on Node runs TypeScript files without a flag. @see https://nodejs.org/api/typescript.html */
const NEEDED = [22, 18];

const isEnough = (version) => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
};

/** Where npm puts it: the link in `.bin`, or the package of this platform itself. */
function installedNode() {
  const modules = new URL("../node_modules/", import.meta.url);
  const names = process.platform === "win32" ? [".bin/node.exe"] : [".bin/node"];
  for (const kind of ["node", "node-bin"]) {
    const directory = `${kind}-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
    names.push(process.platform === "win32" ? `${directory}/bin/node.exe` : `${directory}/bin/node`);
  }
  return names.map((name) => fileURLToPath(new URL(name, modules))).find((file) => existsSync(file));
}

function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, CLAWEDGE_HANDED_OVER: "1" },
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => giveUp(`${node} does not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}

function giveUp(reason) {
  process.stderr.write(`clawedge: ${reason}.\n`);
  process.stderr.write(`It needs Node ${NEEDED.join(".")} or newer; this is ${process.versions.node}. `);
  process.stderr.write("Run `npm ci` in the project's directory, which brings one along, or install a newer Node.\n");
  process.exitCode = 1;
}

if (isEnough(process.versions.node)) {
  const { main } = await import("./cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else if (process.env.CLAWEDGE_HANDED_OVER === "1") {
  giveUp("the Node installed with the project is too old");
} else {
  const node = installedNode();
  if (node === undefined) giveUp("no Node is installed with the project");
  else handOver(node);
}
