/** What a soak writes down while it runs: who said what, who received it, how it ended, what a person read, and when something was broken. Words only; judges nothing. */

/** `account#message`, which every text carries in it: whoever confuses two messages is found out by the words. */
export type Name = string;

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the signal until the next incarnation answered. */
export type Kill = Window;

/** An instance misbehaved, or was drained, or the platform's API did towards an account. */
export interface Trouble extends Window {
  readonly where: string;
  readonly side: "native" | "agent" | "poller" | "platform" | "operator";
  readonly kind: string;
  /** Nobody met it, or it was over before anybody could notice. */
  readonly isMissed?: boolean;
}

/** As `native hang`: two sides may call different things the same. */
export const kindOf = ({ side, kind }: Pick<Trouble, "side" | "kind">): string => `${side} ${kind}`;

/** In the order of saying within a conversation; `isAcknowledged`: the platform need not send it again. */
export interface Said {
  readonly name: Name;
  readonly account: string;
  readonly conversation: string;
  readonly isAcknowledged: boolean;
}

/**
 * How the instance ended the hand-over: `durable` with its marker and heard to the end; `otherwise`: stored, but said differently, too late
 * or to nobody.
 */
export interface Receipt {
  readonly name: Name;
  /** Whose listener, token or agent it came by. */
  readonly account: string;
  readonly instance: string;
  readonly atMs: number;
  readonly answer: "durable" | "otherwise";
}

/** The edge's own word for how a message ended, or that it still waits. */
export interface Ended {
  readonly name: Name;
  readonly conversation: string;
  readonly state: string;
  readonly outcome: string;
  readonly arrivedAtMs: number;
  readonly endedAtMs: number;
}

/** One line of the log: `settled` for good, or `held` for another try. */
export interface Logged {
  readonly name: Name;
  readonly what: "settled" | "held";
  readonly state: string;
  readonly detail: string;
  readonly atMs: number;
  /** Told by a later incarnation than the one in which it ended. */
  readonly isAgain?: boolean;
}

/** The edge says that it sends a part of an answer again, and why. */
export interface Repeated {
  readonly conversation: string;
  readonly why: string;
  readonly atMs: number;
}

/** The edge says that a conversation has another instance than before. */
export interface Move {
  readonly conversation: string;
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
}

/** What the edge itself said to a person. */
export interface Told {
  readonly notice: "held" | "moved";
  readonly account: string;
  readonly conversation: string;
  readonly atMs: number;
}

/** One thing a person read: lines `from` to `to` of the answer to `name`. */
export interface Part {
  readonly name: Name;
  readonly account: string;
  readonly conversation: string;
  readonly from: number;
  readonly to: number;
  readonly total: number;
  /** Its lines follow each other. */
  readonly isWhole: boolean;
  /** When the call reached the platform: between that and the reading its caller may die. */
  readonly askedAtMs: number;
  readonly atMs: number;
  /** The platform answered with success, whether anybody was left to hear it or not. */
  readonly isConfirmed: boolean;
}

/** What an account may expect: where its messages may go, and how. */
export interface Link {
  readonly account: string;
  readonly instances: readonly string[];
  /** Instances whose answers a person reads here. */
  readonly speakers: readonly string[];
  /** A second turn would be a second answer: it is never asked again once it may have begun. */
  readonly isOnce: boolean;
  /** Beginnings of the reasons for which a message may end as a dead letter. */
  readonly deaths: readonly string[];
  /** So often a message may reach its instance, kills apart. */
  readonly maxAttempts: number;
  /** Of its acknowledged messages this share may end as dead letters that nobody received. */
  readonly mostUnreceived: number;
}

/** What a run must come to, so that its other figures mean something. */
export interface Least {
  readonly acknowledged: number;
  readonly kills: number;
}

export interface Facts {
  readonly links: readonly Link[];
  readonly said: readonly Said[];
  /** In the order of arrival. */
  readonly receipts: readonly Receipt[];
  readonly ended: readonly Ended[];
  readonly logged: readonly Logged[];
  /** In the order of reading. */
  readonly parts: readonly Part[];
  readonly repeated: readonly Repeated[];
  readonly moves: readonly Move[];
  /** In the order of reading. */
  readonly told: readonly Told[];
  /** What people read that is no answer to anything, and no notice. */
  readonly strays: readonly string[];
  /** Parts that the edge says it may have shown again. */
  readonly repeatsCounted: number;
  readonly kills: readonly Kill[];
  readonly troubles: readonly Trouble[];
  /** What came where redirects point to. */
  readonly followed: readonly string[];
  /** Kinds of trouble, by `kindOf`, each of which somebody must have met. */
  readonly mustMeet: readonly string[];
  readonly least: Least;
}

/** The text of a message, and of each line of its answer. */
export const NAME = /[a-z]+:[a-z]+#[\w.]+/;
export const LINE = /([a-z]+:[a-z]+#[\w.]+):(\d+):(\d+)/g;

export const nameOf = (account: string, message: string): Name => `${account}#${message}`;
export const accountOf = (name: Name): string => name.slice(0, name.indexOf("#"));

export const overlaps = (one: Window, other: Window): boolean => one.fromMs <= other.toMs && one.toMs >= other.fromMs;
