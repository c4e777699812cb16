/** The metrics this edge knows: what `# HELP` and `# TYPE` say of them. A name that is not here is still shown, as untyped. */
export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

/** Goes before every name that does not carry it already. */
export const METRIC_PREFIX = "clawedge_";

/** Names without the prefix. */
export const METRICS: Readonly<Record<string, Metric>> = {
  refused_total: {
    type: "counter",
    help: "Deliveries refused before verification (4xx) or for want of a place to keep them (503), by status.",
  },
  messages_total: { type: "counter", help: "Messages by the terminal state they ended in." },
  ack_ms: { type: "histogram", help: "Milliseconds from the arrival of a delivery to its durable acknowledgement." },
  delivered_ms: { type: "histogram", help: "Milliseconds from the arrival of a message to its terminal state." },
  outcomes_total: { type: "counter", help: "Hand-overs by instance and what they meant." },
  repeats_total: {
    type: "counter",
    help: "Hand-overs with ambiguous: resend although an earlier one may have run: to another instance, or by a link that absorbs no repeats.",
  },
  answer_cache_total: {
    type: "counter",
    help: "First messages looked up in a pool's answer cache, by whether the answer was there, for the same words or similar ones.",
  },
  suppressed_total: { type: "counter", help: "Calls of instances that do not own the conversation, answered but not forwarded." },
  ignored_total: { type: "counter", help: "Events acknowledged by name because nobody routes them." },
  replays_total: { type: "counter", help: "Dead letters an operator sent again, by the terminal state they ended in." },
  egress_calls_total: { type: "counter", help: "Calls of instances to the platform, by what the edge did with them." },
  egress_held_back_total: { type: "counter", help: "Calls of instances that waited for a platform's pace." },
  parts_total: { type: "counter", help: "Messages of a platform that carried agents' answers and that it took from the edge." },
  replies_repeated_total: { type: "counter", help: "Parts of answers sent once more without knowing what became of the first time." },
  replies_undelivered_total: { type: "counter", help: "Failures a platform told of answers that had ended as sent." },
  statuses_total: { type: "counter", help: "What platforms told later about messages they took, once for each message and status." },
  routes_accepted_total: { type: "counter", help: "Routes documents that came into force, by where they came from." },
  routes_rejected_total: { type: "counter", help: "Routes documents that were refused, by where they came from." },
  quota_backend_failures_total: { type: "counter", help: "Quota questions the backend did not answer; the policy did." },
  active_conversations: { type: "gauge", help: "Conversations seen in the last hour by the instance they are pinned to." },
  pending_conversations: { type: "gauge", help: "Conversations with work that their first attempt did not finish." },
  dead_letters: { type: "gauge", help: "Messages that ended as dead and wait for an operator." },
  instance_healthy: { type: "gauge", help: "1 while probes and deliveries say that the instance is well." },
  instance_draining: { type: "gauge", help: "1 while the instance gets no new conversations." },
  canary_handed: { type: "gauge", help: "While a canary runs: messages handed over, by group." },
  canary_errors: { type: "gauge", help: "Those of them that failed." },
  canary_answered: { type: "gauge", help: "First answers since." },
  canary_p95_ms: { type: "gauge", help: "95th percentile of hand-overs that did not fail." },
  canary_answer_p95_ms: { type: "gauge", help: "95th percentile of the time to a first answer." },
  config_version: { type: "gauge", help: "Number of the routes document in force." },
  config_rejected: { type: "gauge", help: "1 while the newest routes document is a bad one and an older one is in force." },
};
