/** What is done to the edge, one phase after the other: a flood of strangers, how much it sustains, steps above that, one loud account. */
import { messageKey } from "../../src/core/conversation-ref.ts";
import { openConnection } from "../bench/connection.ts";
import { sleep } from "../fakes/http-service.ts";
import { type Rates, Senders } from "./arrivals.ts";
import { ACCOUNTS, type AccountName, forged, LOUD, telegrams } from "./cast.ts";
import { changed, photograph } from "./disk.ts";
import { countBy, type Fairness, type Flood, type Step, type Turn, turnOf } from "./figures.ts";
import { type Arrival, Generator, type Sample } from "./open-loop.ts";
import type { World } from "./world.ts";

const CONNECTIONS = 32;
const CLOSED_ROUNDS = 3;
const CLOSED_MS = 3_000;
const TRIAL_SECONDS = 4;
/** 1 × is the highest of these shares of the closed loop that is acknowledged whole but for single bursts, and with this p99. */
const TRIALS = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3] as const;
const TRIAL_P99_MS = 1_000;
const TRIAL_GOOD = 0.97;

export const STEPS = [0.5, 1, 2, 3] as const;
const TIMES = STEPS.reduce((total, times) => total + times, 0);
export const TURN_SECONDS = 5;

/** So many times as many turns as a step has: a single pause of the machine is a hundredth of a turn. */
const FAIRNESS_TURNS = 2;

/** Of its share, what an account sends usually; and of its share, what one sends that is loud. */
const USUAL = 0.5;
const LOUD_TIMES = 10;
/** Of 1 ×, what is kept in a turn with one that is loud: the others' usual, and of that one about its share. */
const BESIDE_ONE_LOUD = (USUAL * (ACCOUNTS.length - 1) + 1) / ACCOUNTS.length;

const STRANGER = "stranger";
const FORGED_PER_SECOND = 300;
const FLOOD_SECONDS = 10;
/** The edge has started and says nothing more by itself; refusals have been counted. */
const START_MS = 12_000;
const FLUSH_MS = 12_000;
/** The sweeper writes down that it came, at every full five minutes. */
const SWEEP_EVERY_MS = 300_000;
const SWEEP_TAKES_MS = 10_000;

/** Nothing but what is measured is to write in the next while. */
async function untilNoSweepWithin(ms: number): Promise<void> {
  const nextMs = SWEEP_EVERY_MS - (Date.now() % SWEEP_EVERY_MS);
  if (nextMs < ms) await sleep(nextMs + SWEEP_TAKES_MS);
  else if (SWEEP_EVERY_MS - nextMs < SWEEP_TAKES_MS) await sleep(SWEEP_TAKES_MS);
}

const evenly = (perSecond: number, accounts = ACCOUNTS as readonly AccountName[]): Rates =>
  new Map(accounts.map((account) => [account, perSecond / accounts.length]));

export class Phases {
  readonly #world: World;
  readonly #senders = new Senders();
  readonly #generator: Generator;
  readonly #acknowledged: string[] = [];

  constructor(world: World) {
    this.#world = world;
    this.#generator = new Generator(world.edge.port);
  }

  /** Every message that was acknowledged so far, as the disk names it. */
  get acknowledged(): readonly string[] {
    return this.#acknowledged;
  }

  /** Everybody's connections, before anything is sent. */
  async connect(): Promise<void> {
    await this.#generator.open([...ACCOUNTS, STRANGER]);
  }

  /** Before anything genuine: a quiet time, and the flood alone. */
  async floodAlone(): Promise<Omit<Flood, "beside">> {
    const { stateDir } = this.#world;
    // Whoever asks first makes the edge read its document.
    await this.#drive(this.#strangers().slice(0, 1));
    await sleep(START_MS);
    await untilNoSweepWithin(2 * FLOOD_SECONDS * 1000 + 2 * FLUSH_MS + SWEEP_TAKES_MS);
    const before = photograph(stateDir);
    await sleep(FLOOD_SECONDS * 1000 + FLUSH_MS);
    const quiet = photograph(stateDir);
    const alone = await this.#drive(this.#strangers());
    await sleep(FLUSH_MS);
    const writes = changed(quiet, photograph(stateDir));
    return { sent: alone.length, answers: countBy(alone), quietWrites: changed(before, quiet), writes };
  }

  async floodBeside(sustained: number): Promise<Turn> {
    const genuine = this.#senders.arrivals(evenly(sustained * USUAL), FLOOD_SECONDS);
    const both = [...genuine, ...this.#strangers()].toSorted((left, right) => left.atMs - right.atMs);
    const samples = await this.#drive(both);
    return turnOf(samples.filter(({ account }) => account !== STRANGER));
  }

  /** Acknowledged per second while so many connections never wait: the best of some rounds, for a machine has other things to do. */
  async closedLoop(): Promise<number> {
    const rounds: number[] = [];
    for (let round = 0; round < CLOSED_ROUNDS; round += 1) rounds.push(await this.#closedRound());
    return Math.max(...rounds);
  }

  async #closedRound(): Promise<number> {
    const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(this.#world.edge.port)));
    const endMs = performance.now() + CLOSED_MS;
    const before = this.#acknowledged.length;
    await Promise.all(
      connections.map(async (connection, index) => {
        const account = ACCOUNTS[index % ACCOUNTS.length] ?? LOUD;
        while (performance.now() < endMs) {
          const { id, request } = this.#senders.webhook(account);
          if ((await connection.send(request)) === 200) this.#acknowledged.push(messageKey(account, id));
        }
        connection.close();
      }),
    );
    const good = this.#acknowledged.length - before;
    await this.#world.settled();
    return good / (CLOSED_MS / 1000);
  }

  /** 1 ×: what open-loop senders get acknowledged in good time. */
  async sustained(closedLoop: number): Promise<number> {
    for (const share of TRIALS) {
      const { good, offered, p99Ms } = turnOf(await this.#rest(evenly(closedLoop * share), TRIAL_SECONDS));
      if (good >= TRIAL_GOOD * offered && p99Ms <= TRIAL_P99_MS) return closedLoop * share;
    }
    throw new Error("the machine is too busy: no rate is acknowledged in good time");
  }

  /** As much at 1 × as everything after it will bring: what the edge needs without overload. Whoever wrote so far is not heard of again. */
  async level(sustained: number, turns: number): Promise<void> {
    const beside = (FLOOD_SECONDS * USUAL) / TURN_SECONDS;
    const equal = turns * (TIMES + FAIRNESS_TURNS * (USUAL + BESIDE_ONE_LOUD)) + beside;
    for (let turn = 0; turn < equal; turn += 1) await this.#rest(evenly(sustained), TURN_SECONDS);
    this.#senders.newcomers();
  }

  /** In turns, so that what disturbs the machine disturbs all steps. */
  async steps(sustained: number, turns: number, accounts?: readonly AccountName[]): Promise<readonly Step[]> {
    const steps = STEPS.map((times) => ({ times, turns: [] as Turn[] }));
    for (let turn = 0; turn < turns; turn += 1) {
      for (const step of steps) step.turns.push(turnOf(await this.#rest(evenly(step.times * sustained, accounts), TURN_SECONDS)));
    }
    return steps;
  }

  /** As much again, from people who never wrote before, in accounts where nothing waits: what the first ones needed is free for it. */
  async again(sustained: number, turns: number): Promise<void> {
    this.#senders.newcomers();
    await this.steps(sustained, turns, telegrams);
  }

  async fairness(sustained: number, turns: number): Promise<Fairness> {
    const share = sustained / ACCOUNTS.length;
    const usual = evenly(sustained * USUAL);
    const loudRates: Rates = new Map([...usual, [LOUD, share * LOUD_TIMES]]);
    const others = async (rates: Rates): Promise<readonly Sample[]> =>
      (await this.#rest(rates, TURN_SECONDS)).filter(({ account }) => account !== LOUD);
    const [quiet, loud]: [Sample[], Sample[]] = [[], []];
    for (let turn = 0; turn < FAIRNESS_TURNS * turns; turn += 1) {
      quiet.push(...(await others(usual)));
      loud.push(...(await others(loudRates)));
    }
    return { quiet: turnOf(quiet), loud: turnOf(loud) };
  }

  close(): void {
    this.#generator.close();
  }

  /** Until what it left to hand over is handed over. */
  async #rest(rates: Rates, seconds: number): Promise<readonly Sample[]> {
    const samples = await this.#drive(this.#senders.arrivals(rates, seconds));
    await this.#world.settled();
    return samples;
  }

  async #drive(arrivals: readonly Arrival[]): Promise<readonly Sample[]> {
    const samples = await this.#generator.drive(arrivals);
    const acknowledged = samples.filter(({ status, account }) => status === 200 && account !== STRANGER);
    this.#acknowledged.push(...acknowledged.map(({ account, id }) => messageKey(account, id)));
    return samples;
  }

  #strangers(): readonly Arrival[] {
    const times = this.#senders.times(FORGED_PER_SECOND, FLOOD_SECONDS);
    return times.map((atMs, index) => ({ account: STRANGER, id: "", atMs, request: forged(index) }));
  }
}
