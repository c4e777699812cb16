/**
 * An update that a gateway commits to its queue and then ignores: the state of a poll that no bot asked for. It starts no turn and
 * reaches no person. Its number is far below any that Telegram gives out today, so it never stands for a genuine update.
 * @see https://core.telegram.org/bots/api#poll
 */
export const harmless = {
  update_id: 1,
  poll: {
    id: "clawedge-check",
    question: "clawedge instance check",
    options: [],
    total_voter_count: 0,
    is_closed: true,
    is_anonymous: true,
    type: "regular",
    allows_multiple_answers: false,
  },
} as const;
