import type { BrokerState } from "../broker-state.ts";
import { done, type Outcome, refused } from "../outcome.ts";
import { configProblem, type TopicConfig, topicConfigKeys } from "../topics/topic-config.ts";
import { resourceType } from "./config-entries.ts";
import type { Handler } from "./handler.ts";

const operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

interface Alteration {
  readonly type: number;
  readonly name: string;
  readonly changes: readonly { readonly key: string; readonly operation: number; readonly value: string | null }[];
}

/** Changes configurations of topics. The broker's own are options of its start. */
export const incrementalAlterConfigs: Handler = ({ broker, reader, writer }) => {
  const alterations = reader.array((): Alteration => {
    const [type, name] = [reader.int8(), reader.string()];
    const changes = reader.array(() => {
      const change = { key: reader.string(), operation: reader.int8(), value: reader.nullableString() };
      reader.tags();
      return change;
    });
    reader.tags();
    return { type, name, changes };
  });
  const isTrial = reader.boolean();
  reader.tags();
  writer.int32(0).array(alterations, (alteration) => {
    const { errorCode, message } = alter(broker, alteration, isTrial);
    writer.int16(errorCode).string(message).int8(alteration.type).string(alteration.name).tags();
  });
  writer.tags();
  return undefined;
};

function alter({ topics }: BrokerState, { type, name, changes }: Alteration, isTrial: boolean): Outcome {
  if (type !== resourceType.topic)
    return refused("INVALID_REQUEST", "the embedded broker's own configuration cannot be changed while it runs");
  const topic = topics.get(name);
  if (topic === undefined) return refused("UNKNOWN_TOPIC_OR_PARTITION", `The topic '${name}' does not exist.`);
  if (new Set(changes.map(({ key }) => key)).size < changes.length)
    return refused("INVALID_REQUEST", "Error due to duplicate config keys");
  const config: Record<string, string | null> = { ...topic.config };
  for (const { key, operation: kind, value } of changes) {
    if (kind === operation.delete) delete config[key];
    else if (kind === operation.set) config[key] = value;
    else {
      const known = topicConfigKeys[key];
      if (known?.type !== "LIST") return refused("INVALID_CONFIG", `Can't append or subtract: ${key} is no list.`);
      if (kind !== operation.append && kind !== operation.subtract)
        return refused("INVALID_REQUEST", `Unknown operation ${kind}`);
      const present = wordsOf(config[key] ?? known.value);
      const words = wordsOf(value ?? "");
      const isAppended = kind === operation.append;
      config[key] = (
        isAppended ? [...new Set([...present, ...words])] : present.filter((word) => !words.includes(word))
      ).join(",");
    }
  }
  const problem = configProblem(config);
  if (problem !== undefined) return refused("INVALID_CONFIG", problem);
  if (!isTrial) topics.configure(topic, config as TopicConfig);
  return done;
}

function wordsOf(list: string): string[] {
  return list.split(",").filter((word) => word !== "");
}
