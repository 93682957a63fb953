import { checkOptionNames, checkTexts, invalidOption, propertyOf } from "../../../errors/checks/check-options.ts";
import { shownFields } from "../../../errors/shown/shown-fields.ts";
import { isOffset } from "../../../kafka/check-offset.ts";
import { checkTopicName } from "../../../kafka/producer/check-record.ts";

/** The three ways to say what a stream reads, of which it has one. */
export const subscriptions = ["topics", "topicPattern", "assign"] as const;

/** @throws INVALID_OPTION unless just one subscription is given, and is what it has to be. */
export function checkSubscription(options: { readonly [N in (typeof subscriptions)[number]]?: unknown }): void {
  const { topics, topicPattern, assign } = options;
  const given = subscriptions.filter((name) => options[name] !== undefined);
  if (given.length !== 1) {
    const seen = given.length === 0 ? "none" : given.join(" and ");
    throw invalidOption("createDirectStream", seen, `given just one of ${subscriptions.join(", ")}`);
  }
  if (topics !== undefined) {
    checkTexts("topics", topics, "a list of names");
    for (const topic of topics as readonly unknown[]) checkTopicName(topic, "topics");
  }
  for (const list of [topics, assign]) {
    if (Array.isArray(list) && list.length === 0) throw invalidOption(String(given), "[]", "a list of at least one");
  }
  if (topicPattern !== undefined && !(topicPattern instanceof RegExp)) {
    throw invalidOption("topicPattern", topicPattern, "a regular expression");
  }
  if (assign !== undefined) checkPartitions("assign", assign, []);
}

/** @throws INVALID_OPTION, UNKNOWN_OPTION for what is no list of partitions of topics with the numbers that are named, and nothing else. */
export function checkPartitions(option: string, partitions: unknown, numbers: readonly string[]): void {
  const names = ["topic", "partition", ...numbers];
  const allowed = `a list of { ${names.join(", ")} }, with numbers from 0 on`;
  if (!Array.isArray(partitions)) throw invalidOption(option, partitions, allowed);
  for (const entry of partitions as unknown[]) {
    if (typeof entry === "object" && entry !== null) checkOptionNames(`each of ${option}`, entry, names);
    const isNumbered = ["partition", ...numbers].every((name) => isOffset(propertyOf(entry, name)));
    if (typeof propertyOf(entry, "topic") !== "string" || !isNumbered) {
      const seen = shownFields(entry, names);
      throw invalidOption(`each of ${option}`, seen, allowed.replace("a list of ", ""));
    }
    checkTopicName(propertyOf(entry, "topic"), option);
  }
}
