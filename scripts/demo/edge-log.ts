/** The edge's log as data: one schema for the lines a journey is read from. Lines of other kinds are kept as they are; what is no JSON is nobody's. */
import * as z from "zod";

const text = z.string().nullish().catch(undefined);
const count = z.number().nullish().catch(undefined);

const lineSchema = z.looseObject({
  event: z.string(),
  account: text,
  conversation: text,
  message: text,
  pool: text,
  rule: text,
  trace: text,
  instance: text,
  from: text,
  epoch: count,
  outcome: text,
  state: text,
  attempts: count,
  ackMs: count,
  deliveredMs: count,
  problem: text,
  reason: text,
  detail: text,
  path: text,
  number: count,
});

export type LogLine = Readonly<z.infer<typeof lineSchema>>;

export function readLogLine(line: string): LogLine | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** All lines so far, oldest first. */
export type Log = () => readonly LogLine[];
