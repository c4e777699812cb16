/** What a routes document may refer to by name in this build: its channels, its strategies, its pattern engine. */
import { channels, plannedChannels } from "../../src/channels/registry.ts";
import { keywordProblem } from "../../src/classify/keywords.ts";
import { patternProblem } from "../../src/classify/pattern.ts";
import { re2Patterns } from "../../src/classify/re2-pattern.ts";
import type { Catalogue } from "../../src/config/catalogue.ts";
import { strategies } from "../../src/routing/registry.ts";

export const patterns = re2Patterns;

export const catalogue: Catalogue = {
  channels: new Map([...channels].map(([name, channel]) => [name, channel.accountFields])),
  links: new Map([...channels].map(([name, channel]) => [name, channel.links])),
  addresses: new Map(
    [...channels].flatMap(([name, { siblings }]) => (siblings === undefined ? [] : [[name, siblings.addressOf] as const])),
  ),
  planned: plannedChannels,
  strategies: new Map([...strategies].map(([name, strategy]) => [name, strategy.options])),
  patternProblem: (pattern) => patternProblem(re2Patterns, pattern),
  keywordProblem,
};
