/** Mistakes that can be switched on, each one a design somebody might have built. The simulator is worth its name as long as it finds them all. */
export const BUGS = {
  "ack-before-commit": "the platform gets its 200 before the message is kept",
  "dedupe-elsewhere": "keys are remembered in another store than the messages",
  "key-without-account": "two accounts with the same event ids share their keys",
  "mark-before-send": "a message is marked as delivered before it was sent",
  "arm-late": "the alarm is set after the step and not with its rows",
  "hidden-by-purge-alarm": "an alarm that is set is never brought nearer",
  "throwing-alarm": "the alarm gives up when no configuration can be read, and no start sets it again",
  "parallel-sends": "the next message does not wait for the one before it",
  "new-key-on-retry": "every attempt has a key of its own",
  "eager-failover": "an instance that did not answer is taken for one that has nothing",
  "bad-gateway-has-nothing": "a proxy's 502 or 504 is taken for the word of a gateway that stored nothing",
  "no-fence": "whoever speaks is heard, owner or not",
  "move-back-too-early": "a conversation moves back to an instance that still owes an answer",
  "outage-is-poison": "an attempt that found nobody counts as one that failed",
  "no-dead-letter": "a message that always fails is tried for ever",
  "replay-reorders": "a dead letter that is sent again goes before what waits",
  "asked-again": "a turn that was interrupted is asked for once more",
  "reply-not-written": "an answer is handed to the bot before it is written down",
  "reply-handed-once": "an answer the bot could not take is not handed to it again",
  "end-told-once": "a conversation that could not be told how its answer ended is not told again",
  "no-sending-mark": "a part is sent before it is written down that it is",
  "part-forgotten": "what the platform took is not written down",
  "id-reused-after-restart": "ids for pollers begin anew with every incarnation",
  "panic-empties-pool": "probes that are wrong about everybody leave a pool without an instance",
  "no-suspicion": "an instance that hangs is not looked at before its next probe",
  "no-ramp": "an instance that comes back gets all that waited for it at once",
  "no-turns": "every message tries an instance that is down for itself",
  "moves-while-returning": "conversations leave an instance that will be back soon",
  "restart-is-told": "a person is told that a message waits, though its instance will be back from a planned restart",
  "collapse-drops-maybe": "a message that an instance may have is called outdated",
  "notice-every-message": "a person is told of every message that it waits",
  "canary-splits-conversation": "the canary is drawn for each message and not for the conversation",
  "move-forgets-pins": "a chat that becomes another one begins anew",
  "no-sweeper": "nobody looks for what an alarm lost",
  "outbox-not-swept": "the sweeper knocks at conversations, and at no bot",
  "confirm-of-what-was-never-given": "an offset confirms every id below it, had by its poller or not",
} as const;

export type Bug = keyof typeof BUGS;

export const bugNames = Object.keys(BUGS) as readonly Bug[];

export const isBug = (name: string): name is Bug => Object.hasOwn(BUGS, name);
