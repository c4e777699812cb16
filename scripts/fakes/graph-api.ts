/**
 * A stand-in for Meta's servers behind the WhatsApp Cloud API, for the demo, the bench and tests: the Graph API, its files, and the sender of webhooks.
 * It stands at the outermost edge only: everything of ClawEdge between it and an instance is real. Unlike Meta it takes callbacks on http.
 */
import { randomBytes } from "node:crypto";
import { answerControl } from "./graph-control.ts";
import type { Json } from "./graph-error.ts";
import { type MediaOptions, type MediaStore, type Stray, startMedia } from "./graph-media.ts";
import { at } from "./graph-methods.ts";
import { type BusinessNumber, type Callback, type Limits, type NumberOptions, newNumber, type SentMessage } from "./graph-numbers.ts";
import { type Item, type PayloadPorts, payloadOf, type Said, type StatusFacts } from "./graph-payload.ts";
import { type DeliveryRecord, startWebhookSender, type WebhookSender } from "./graph-sender.ts";
import { answerGraph, bearerOf, type GraphCall, type GraphFailure, type GraphState } from "./graph-server.ts";
import { type Encoding, encode, type Signing, signatureHeaders } from "./graph-wire.ts";
import { listen } from "./http-service.ts";

export interface GraphOptions extends Limits {
  readonly appSecret: string;
  readonly numbers: readonly NumberOptions[];
  readonly port?: number;
  /** How long a second of the redelivery rule lasts. Default 1000. */
  readonly secondMs?: number;
  /** The longest pause between two deliveries of one webhook, in such seconds; an hour unless given. */
  readonly mostDelayS?: number;
  /** Sends the statuses `sent` and `delivered` of every message it takes. A failure asked for as a status is sent without this too. */
  readonly statuses?: boolean;
}

/** Instead of what Meta would do: another address, secret, spelling or signature. */
export interface DeliverTo {
  readonly url?: string;
  /** Whose callback it goes to; default that of the first number in the payload. */
  readonly number?: string;
  readonly secret?: string;
  readonly encoding?: Encoding;
  readonly signing?: Signing;
}

export interface ReadMark {
  readonly number: string;
  readonly messageId: string;
  readonly isTyping: boolean;
  readonly atMs: number;
}

export interface GraphApi {
  readonly url: string;
  readonly numbers: ReadonlyMap<string, BusinessNumber>;
  readonly calls: () => readonly GraphCall[];
  /** Bearer tokens that no number has, one for each call. */
  readonly strangers: () => readonly string[];
  /** What was sent, oldest first. */
  readonly sent: (to?: string) => readonly SentMessage[];
  readonly reads: () => readonly ReadMark[];
  readonly statusesSent: () => readonly StatusFacts[];
  readonly deliveries: () => readonly DeliveryRecord[];
  /** Webhooks that were not acknowledged yet. */
  readonly pending: () => number;
  /** What reached an origin that is not Meta's, to which a scripted file leads. */
  readonly strays: () => readonly Stray[];
  /** Resolves when the webhook was acknowledged, expired, or had nowhere to go (`undefined`). */
  readonly deliver: (payload: Json, to?: DeliverTo) => Promise<DeliveryRecord | undefined>;
  /** One POST, with messages and statuses of any number of numbers. */
  readonly deliverBatch: (items: readonly Item[], to?: DeliverTo) => Promise<DeliveryRecord | undefined>;
  /** Plays a person. */
  readonly say: (said: Said, to?: DeliverTo) => Promise<DeliveryRecord | undefined>;
  /** Without a handshake; without a number the app's own, which numbers without one use. */
  readonly setCallback: (url: string, number?: string) => void;
  readonly fail: (failure: GraphFailure) => void;
  /** A file that can be downloaded; returns its id, which `say` takes as `media`. */
  readonly addMedia: (media: MediaOptions) => string;
  readonly stop: () => Promise<void>;
}

const newWamid = (): string => `wamid.${randomBytes(32).toString("base64")}`;

interface World {
  readonly options: GraphOptions;
  readonly numbers: ReadonlyMap<string, BusinessNumber>;
  readonly sender: WebhookSender;
  readonly payloads: PayloadPorts;
  readonly deliveries: DeliveryRecord[];
  readonly statuses: StatusFacts[];
  appCallback: Callback | undefined;
}

const listAt = (value: unknown, name: string): readonly unknown[] => {
  const found = at(value, name);
  return Array.isArray(found) ? found : [];
};

const valuesOf = (payload: Json): readonly unknown[] =>
  listAt(payload, "entry").flatMap((entry) => listAt(entry, "changes").map((change) => at(change, "value")));

const numberOfValue = (value: unknown): string => String(at(value, "metadata", "phone_number_id") ?? "");

/** Whoever writes opens the window in which they may be written to. */
function hear({ numbers, payloads }: World, payload: Json): void {
  for (const value of valuesOf(payload)) {
    const heard = numbers.get(numberOfValue(value))?.heardAtMs;
    for (const message of listAt(value, "messages")) {
      for (const name of ["from", "from_user_id", "group_id"]) heard?.set(String(at(message, name)), payloads.nowMs());
    }
  }
}

function deliverer(world: World): GraphApi["deliver"] {
  const { options, numbers, sender, deliveries } = world;
  return async (payload, to = {}) => {
    const number =
      to.number ??
      valuesOf(payload)
        .map(numberOfValue)
        .find((id) => numbers.has(id)) ??
      "";
    const target = (): string | undefined => to.url ?? (numbers.get(number)?.callback ?? world.appCallback)?.url;
    if (target() === undefined) return undefined;
    hear(world, payload);
    const body = encode(payload, to.encoding ?? "escaped");
    const headers = signatureHeaders(body, to.secret ?? options.appSecret, to.signing ?? "bytes");
    const record = await sender.send({ payload, body, headers, target });
    deliveries.push(record);
    return record;
  };
}

/** First that it was sent, then that it was delivered; or that it failed. */
function teller(world: World, deliver: GraphApi["deliver"]): GraphState["onTaken"] {
  const tell = async (number: BusinessNumber, sent: SentMessage, facts: Pick<StatusFacts, "status" | "code">): Promise<void> => {
    const whom = sent.by === "recipient" ? { to: sent.to, userId: sent.to } : { to: sent.to };
    const note = sent.body["biz_opaque_callback_data"];
    const item = { number: number.id, id: sent.id, ...whom, ...facts, ...(typeof note === "string" ? { note } : {}) };
    world.statuses.push(item);
    await deliver(payloadOf([{ kind: "status", ...item }], world.payloads));
  };
  return (number, sent, failsWith) => {
    if (failsWith === undefined && !world.options.statuses) return;
    const told =
      failsWith === undefined
        ? tell(number, sent, { status: "sent" }).then(() => tell(number, sent, { status: "delivered" }))
        : tell(number, sent, { status: "failed", code: failsWith });
    told.catch((error: unknown) => console.error(error));
  };
}

function newWorld(options: GraphOptions, media: MediaStore): World {
  const numbers = new Map(options.numbers.map((number) => [number.id, newNumber(number)]));
  const numberOf = (id: string | undefined): BusinessNumber => {
    const number = id === undefined ? [...numbers.values()][0] : numbers.get(id);
    if (number === undefined) throw new Error("no number has this id");
    return number;
  };
  const payloads = { numberOf, newWamid, nowMs: Date.now, mediaOf: media.mentionOf };
  const sender = startWebhookSender({ nowMs: Date.now, secondMs: options.secondMs ?? 1_000, mostDelayS: options.mostDelayS });
  return { options, numbers, sender, payloads, deliveries: [], statuses: [], appCallback: undefined };
}

const readMarks = (calls: readonly GraphCall[]): readonly ReadMark[] =>
  calls
    .filter(({ kind, status }) => kind === "read" && status === 200)
    .map(({ number, body, atMs }) => ({
      number,
      messageId: String(body["message_id"]),
      isTyping: body["typing_indicator"] !== undefined,
      atMs,
    }));

function apiOf(world: World, state: GraphState, deliver: GraphApi["deliver"]): Omit<GraphApi, "url" | "stop"> {
  const { numbers, payloads } = world;
  const deliverBatch: GraphApi["deliverBatch"] = (items, to) => deliver(payloadOf(items, payloads), to);
  return {
    numbers,
    calls: () => state.calls,
    strangers: () => state.strangers,
    sent: (to) => [...numbers.values()].flatMap(({ sent }) => sent).filter((each) => to === undefined || each.to === to),
    reads: () => readMarks(state.calls),
    statusesSent: () => world.statuses,
    deliveries: () => world.deliveries,
    pending: world.sender.pending,
    strays: state.media.strays,
    deliver,
    deliverBatch,
    say: (said, to) => deliverBatch([{ kind: "said", ...said }], to),
    setCallback: (url, number) => {
      const callback = { url, verifyToken: "" };
      if (number === undefined) world.appCallback = callback;
      else payloads.numberOf(number).callback = callback;
    },
    fail: (failure) => void state.failures.push({ failure, left: failure.times ?? 1 }),
    addMedia: state.media.add,
  };
}

export async function startGraphApi(options: GraphOptions): Promise<GraphApi> {
  const isToken = (header: string | undefined): boolean => options.numbers.some(({ token }) => token === bearerOf(header));
  let url = "";
  const media = await startMedia({ isToken, origin: () => url });
  const world = newWorld(options, media);
  const deliver = deliverer(world);
  const state: GraphState = {
    ...{ numbers: world.numbers, calls: [], strangers: [], failures: [], media },
    ports: { nowMs: Date.now, newWamid, limits: options },
    appCallback: () => world.appCallback,
    onTaken: teller(world, deliver),
  };
  const api = apiOf(world, state, deliver);
  const service = await listen(options.port ?? 0, (request, response, at) => {
    if (at.pathname.startsWith("/__control/")) return answerControl(api, request, response, at);
    return media.answer(request, response, at) ?? answerGraph(state, request, response, at);
  });
  url = service.url;
  const stop = async (): Promise<void> => {
    world.sender.stop();
    await Promise.all([service.close(), media.close()]);
  };
  return { ...api, url, stop };
}
