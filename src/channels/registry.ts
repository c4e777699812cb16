/** Every channel there is, by name: one line each. Nothing else in the project lists channels. */
import type { Channel } from "./channel.ts";
import { telegram } from "./telegram/index.ts";
import { whatsapp } from "./whatsapp/index.ts";

/** Throws on two channels of one name: that is a bug of ours, found by the first test that loads this file. */
export function registryOf(list: readonly Channel[]): ReadonlyMap<string, Channel> {
  const registry = new Map(list.map((channel) => [channel.name, channel] as const));
  if (registry.size !== list.length) throw new Error("two channels have the same name");
  return registry;
}

export const channels: ReadonlyMap<string, Channel> = registryOf([telegram, whatsapp]);

/** Not built yet: their accounts validate with a warning, and nothing is received for them. */
export const plannedChannels: ReadonlySet<string> = new Set(["slack", "discord", "webchat", "line", "messenger", "teams"]);
