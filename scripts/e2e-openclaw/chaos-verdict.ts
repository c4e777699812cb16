/** The judgement over a chaos: each question one answer, each end a delivery, and not a word that nobody expects. Pure; every finding is a sentence. */

/** One thing that a person said, without what only the model reads, and that the platform has its 2xx for. */
export interface Question {
  readonly chat: string;
  readonly text: string;
  /** As the edge knows it. */
  readonly message: string;
}

/** The words of an answer are those of its question. */
export interface Words {
  readonly chat: string;
  readonly text: string;
}

export interface End {
  readonly message: string | null;
  readonly state: string;
}

export interface ChaosFacts {
  readonly questions: readonly Question[];
  readonly answers: readonly Words[];
  /** Everything else that the bot said to anybody. */
  readonly notices: readonly Words[];
  readonly ends: readonly End[];
}

/** What stays without an answer, and why: that is what a move costs the question that is under way. */
export const UNANSWERED: readonly Words[] = [
  // late-reply: its instance answers after the chat has moved, and is not heard.
  { chat: "710201", text: "think about this" },
  // kill-move-restart: its instance dies over it, the chat moves, and what it says when it is back is not heard.
  { chat: "710301", text: "before the crash" },
];

interface Expected {
  readonly chat: string;
  readonly text: RegExp;
  readonly least: number;
  readonly most: number;
}

/**
 * All that people may read that is no answer. A gateway's own notices have no place here: "couldn't produce or deliver a reply" is for who writes
 * to one that is just finishing a turn, and here everybody waits for their answer; "continuing your interrupted request" is said by the one
 * of kill-move-restart, whose chat is another's by then, so that it reaches nobody.
 */
export const EXPECTED_NOTICES: readonly Expected[] = [
  // late-edit: said by hand in the gateway's name, and edited once while the chat was its own.
  { chat: "710501", text: /^nearly done$/, least: 1, most: 1 },
  // proactive: the gateway's own tool, in its own chat.
  { chat: "710601", text: /^a reminder for you$/, least: 1, most: 1 },
];

const nameOf = ({ chat, text }: Words): string => `"${text}" in ${chat}`;

function counted(words: readonly Words[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(words, nameOf)].map(([name, all]) => [name, all.length]));
}

function unanswered({ questions, answers }: ChaosFacts): readonly string[] {
  const heard = counted(answers);
  const explained = new Set(UNANSWERED.map(nameOf));
  const silent = questions.map(nameOf).filter((name) => !heard.has(name) && !explained.has(name));
  const wrong = [...explained].filter((name) => heard.has(name));
  const unasked = [...explained].filter((name) => !questions.some((question) => nameOf(question) === name));
  return [
    ...silent.map((name) => `${name} stayed without an answer`),
    ...wrong.map((name) => `${name} was answered, by one that had lost the chat`),
    ...unasked.map((name) => `${name} was never asked`),
  ];
}

function overanswered({ questions, answers }: ChaosFacts): readonly string[] {
  const asked = counted(questions);
  return [...counted(answers)].flatMap(([name, count]) => {
    const wanted = asked.get(name) ?? 0;
    return count > wanted ? [`${name} was answered ${count} times, and asked ${wanted} times`] : [];
  });
}

function ended({ questions, ends }: ChaosFacts): readonly string[] {
  const lines = Map.groupBy(ends, ({ message }) => message);
  const known = new Set(questions.map(({ message }) => message));
  return [
    ...questions.filter(({ message }) => !lines.has(message)).map((question) => `${nameOf(question)} never ended`),
    ...[...lines].filter(([, all]) => all.length > 1).map(([message, all]) => `${message} ended ${all.length} times`),
    ...ends.filter(({ state }) => state !== "delivered").map(({ message, state }) => `${message} ended as ${state}`),
    ...[...lines.keys()]
      .filter((message) => message === null || !known.has(message))
      .map((message) => `${message} ended, and nobody said it`),
  ];
}

function strange({ notices }: ChaosFacts): readonly string[] {
  const isOf =
    ({ chat, text }: Expected) =>
    (notice: Words): boolean =>
      notice.chat === chat && text.test(notice.text);
  const unexpected = notices.filter((notice) => !EXPECTED_NOTICES.some((expected) => isOf(expected)(notice)));
  const miscounted = EXPECTED_NOTICES.flatMap((expected) => {
    const count = notices.filter(isOf(expected)).length;
    const isRight = count >= expected.least && count <= expected.most;
    return isRight ? [] : [`${expected.text} was read ${count} times in ${expected.chat}`];
  });
  return [...unexpected.map((notice) => `people were told ${nameOf(notice)}`), ...miscounted];
}

/** Empty when the chaos cost nothing but what is explained. */
export const judge = (facts: ChaosFacts): readonly string[] => [
  ...unanswered(facts),
  ...overanswered(facts),
  ...ended(facts),
  ...strange(facts),
];
