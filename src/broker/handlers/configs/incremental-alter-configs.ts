import { type Outcome, refused } from "../../outcome.ts";
import { type TopicConfig, topicConfigKeys } from "../../topics/topic-config.ts";
import type { Handler } from "../handler.ts";
import { changeConfigs, entriesProblem } from "./change-config.ts";

const operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

interface Change {
  readonly key: string;
  readonly operation: number;
  readonly value: string | null;
}

/** Changes single configurations of topics. */
export const incrementalAlterConfigs: Handler = ({ broker, reader, writer }) => {
  const resources = reader.array(() => {
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
  const results = changeConfigs(broker, resources, isTrial, (present, { changes }) => changed(present, changes));
  writer.int32(0).array(results, ({ type, name, errorCode, message }) => {
    writer.int16(errorCode).string(message).int8(type).string(name).tags();
  });
  writer.tags();
  return undefined;
};

function changed(present: TopicConfig, changes: readonly Change[]): Readonly<Record<string, string>> | Outcome {
  const problem = entriesProblem(
    changes.map((change) => ({ ...change, mayBeNull: change.operation === operation.delete })),
  );
  if (problem !== undefined) return problem;
  const config: Record<string, string> = { ...present };
  for (const change of changes) {
    const { key } = change;
    const value = change.value as string;
    switch (change.operation) {
      case operation.set:
        config[key] = value;
        break;
      case operation.delete:
        delete config[key];
        break;
      case operation.append:
      case operation.subtract: {
        const isAppended = change.operation === operation.append;
        const known = topicConfigKeys[key];
        if (known?.type !== "LIST") {
          const what = isAppended ? "APPEND" : "SUBTRACT";
          return refused("INVALID_CONFIG", `Can't ${what} to key ${key} because its type is not LIST.`);
        }
        const words = value.split(",").map((word) => word.trim());
        const list = (config[key] ?? known.value).split(",").filter((word) => word !== "");
        config[key] = isAppended
          ? [...new Set([...list, ...words])].join(",")
          : list.filter((word) => !words.includes(word)).join(",");
        break;
      }
      default:
        return refused("UNKNOWN_SERVER_ERROR", `Unknown operation ${change.operation}`);
    }
  }
  return config;
}
