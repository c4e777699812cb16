/** What the demo prints of a world and of a journey: a picture, and a block of a few lines. Pure. */
import type { InstanceFacts } from "./admin.ts";
import type { Expectation } from "./expectation.ts";
import type { Journey } from "./journey.ts";
import { layOut, narrate, otherPins, type Sites } from "./narrate.ts";
import type { Paint } from "./paint.ts";
import { placeOf, type Words } from "./words.ts";

export interface Sight {
  readonly sites: Sites;
  readonly paint: Paint;
  readonly width: number;
}

export interface Told {
  readonly title: string;
  readonly words: Words;
  readonly journey: Journey;
  readonly notes: readonly string[];
  /** Undefined: nobody expects anything of it. */
  readonly expected: Expectation | undefined;
}

function markOf({ expected, journey }: Told, { good, bad, dim }: Paint): string {
  if (expected === undefined) return dim("·");
  return expected.isMet(journey) ? good("✓") : bad("✗");
}

export function blockOf(told: Told, { sites, paint, width }: Sight): string {
  const { title, words, journey, notes, expected } = told;
  const pins = otherPins(journey);
  const lines = [
    `${markOf(told, paint)} ${paint.strong(title)}: “${words.text}” ${paint.dim(`(${placeOf(words)})`)}`,
    ...notes.map((note) => paint.dim(layOut([note], width))),
    layOut([...narrate(journey, sites), ...(pins === undefined ? [] : [pins])], width),
  ];
  const isMissed = expected !== undefined && !expected.isMet(journey);
  return [...lines, ...(isMissed ? [`    ${paint.bad("expected:")} ${expected.text}`] : [])].join("\n");
}

export interface Picture {
  readonly telegramUrl: string;
  readonly whatsappUrl: string;
  readonly edgeUrl: string;
  readonly workerdPid: number;
  readonly instances: readonly (InstanceFacts & { readonly pid: number | undefined })[];
}

const roomOf = ({ name, region, pid, polls }: Picture["instances"][number]): string =>
  `${name} (${region}, pid ${pid ?? "dead"}${polls ? ", polls" : ""})`;

/** One line per pool, beside the edge. */
export function pictureOf({ telegramUrl, whatsappUrl, edgeUrl, workerdPid, instances }: Picture, { strong, dim }: Paint): string {
  const pools = [...new Set(instances.flatMap((one) => one.pools))];
  const rows = pools.map(
    (pool) =>
      `${strong(pool.padEnd(8))} ${instances
        .filter((one) => one.pools.includes(pool))
        .map(roomOf)
        .join("  ")}`,
  );
  const platforms = [`Telegram, played by a stand-in ${dim(telegramUrl)}`, `WhatsApp, played by a stand-in ${dim(whatsappUrl)}`];
  const edge = `ClawEdge in workerd, pid ${workerdPid} ${dim(edgeUrl)}`;
  const branches = rows.map((row, index) => `     ${index === rows.length - 1 ? "└" : "├"}─ ${row}`);
  return [...platforms.map((platform) => `  ${platform}`), "  │  webhooks down, answers up", `  ${edge}`, ...branches].join("\n");
}
