import type { ByteReader } from "../../../src/kafka/protocol/byte-reader.ts";
import { kafkaErrors } from "../../../src/kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../src/kafka/protocol/topic-partitions.ts";
import { listOffset, whenReady } from "./data-requests.ts";
import type { WireConnection } from "./wire-connection.ts";

// Requests of administrators about topics.

export interface TopicOptions {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string | null>>;
  readonly assignments?: readonly (readonly [number, readonly number[]])[];
  readonly isTrial?: boolean;
}

export interface CreatedTopic {
  readonly errorCode: number;
  readonly id: string;
  readonly message: string | null;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string | null>>;
}

export async function tryCreateTopic(
  wire: WireConnection,
  name: string,
  options: TopicOptions = {},
): Promise<CreatedTopic> {
  const { partitions = options.assignments === undefined ? 1 : -1, replicationFactor = -1, config = {} } = options;
  const answer = await wire.request("createTopics", 7, (writer) => {
    writer.array([name], () => {
      writer.string(name).int32(partitions).int16(replicationFactor);
      writer.array(options.assignments ?? [], ([partition, nodes]) => {
        writer.int32(partition).array(nodes, (node) => writer.int32(node));
        writer.tags();
      });
      writer.array(Object.entries(config), ([key, value]) => writer.string(key).string(value).tags()).tags();
    });
    writer
      .int32(10_000)
      .boolean(options.isTrial ?? false)
      .tags();
  });
  answer.int32();
  const [topic] = answer.array(() => {
    answer.string();
    const [id, errorCode, message] = [answer.uuid(), answer.int16(), answer.nullableString()];
    const count = answer.int32();
    answer.int16();
    const entries = answer.nullableArray(() => {
      const entry = [answer.string(), answer.nullableString()] as const;
      answer.boolean();
      answer.int8();
      answer.boolean();
      answer.tags();
      return entry;
    });
    answer.tags();
    return { errorCode, id, message, partitions: count, config: Object.fromEntries(entries ?? []) };
  });
  return topic as CreatedTopic;
}

/** A topic whose partitions can be used. */
export async function createTopic(wire: WireConnection, name: string, options: TopicOptions = {}): Promise<string> {
  const { errorCode, message } = await tryCreateTopic(wire, name, options);
  if (errorCode !== 0) throw new Error(`topic ${name}: error ${errorCode} ${message}`);
  for (let partition = 0; partition < (options.partitions ?? 1); partition++)
    await whenReady(() => listOffset(wire, name, -1, { partition }), [kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code]);
  return name;
}

/** The error code of an answer about one topic. */
function errorOfTopic(answer: ByteReader): number {
  answer.int32();
  const [errorCode] = answer.array(() => {
    answer.string();
    const code = answer.int16();
    answer.nullableString();
    answer.tags();
    return code;
  });
  return errorCode as number;
}

export async function deleteTopic(wire: WireConnection, name: string): Promise<number> {
  const answer = await wire.request("deleteTopics", 5, (writer) =>
    writer
      .array([name], () => writer.string(name))
      .int32(10_000)
      .tags(),
  );
  return errorOfTopic(answer);
}

export async function createPartitions(
  wire: WireConnection,
  name: string,
  count: number,
  options: { readonly assignments?: readonly (readonly number[])[]; readonly isTrial?: boolean } = {},
): Promise<number> {
  const answer = await wire.request("createPartitions", 3, (writer) => {
    writer.array([name], () => {
      writer.string(name).int32(count);
      writer.array(options.assignments ?? null, (nodes) => {
        writer.array(nodes, (node) => writer.int32(node));
        writer.tags();
      });
      writer.tags();
    });
    writer
      .int32(10_000)
      .boolean(options.isTrial ?? false)
      .tags();
  });
  return errorOfTopic(answer);
}

export async function deleteRecords(
  wire: WireConnection,
  topic: string,
  offset: number,
  partition = 0,
): Promise<{ readonly errorCode: number; readonly lowWatermark: number }> {
  const answer = await wire.request("deleteRecords", 2, (writer) => {
    writeTopics(writer, [{ topic, partitions: [offset] }], () => writer.int32(partition).int64(offset).tags());
    writer.int32(10_000).tags();
  });
  answer.int32();
  const topics = readTopics(answer, () => {
    answer.int32();
    const [lowWatermark, errorCode] = [answer.int64(), answer.int16()];
    answer.tags();
    return { errorCode, lowWatermark };
  });
  return topics[0]?.partitions[0] as { errorCode: number; lowWatermark: number };
}

export interface DescribedConfig {
  readonly value: string | null;
  readonly source: number;
  readonly type: number;
  readonly synonyms: readonly string[];
}

/** @param type 2 a topic, 4 a broker. */
export async function describeConfigs(
  wire: WireConnection,
  type: number,
  name: string,
  keys: readonly string[] | null = null,
): Promise<{ readonly errorCode: number; readonly entries: Readonly<Record<string, DescribedConfig>> }> {
  const answer = await wire.request("describeConfigs", 4, (writer) => {
    writer.array([name], () => {
      writer
        .int8(type)
        .string(name)
        .array(keys, (key) => writer.string(key));
      writer.tags();
    });
    writer.boolean(true).boolean(false).tags();
  });
  answer.int32();
  const [resource] = answer.array(() => {
    const errorCode = answer.int16();
    answer.nullableString();
    answer.int8();
    answer.string();
    const entries = answer.array(() => {
      const [key, value] = [answer.string(), answer.nullableString()];
      answer.boolean();
      const source = answer.int8();
      answer.boolean();
      const synonyms = answer.array(() => {
        const synonym = `${answer.string()}=${answer.nullableString()}`;
        answer.int8();
        answer.tags();
        return synonym;
      });
      const entryType = answer.int8();
      answer.nullableString();
      answer.tags();
      return [key, { value, source, type: entryType, synonyms }] as const;
    });
    answer.tags();
    return { errorCode, entries: Object.fromEntries(entries) };
  });
  return resource as { errorCode: number; entries: Record<string, DescribedConfig> };
}

/** @param changes operation (0 set, 1 delete, 2 append, 3 subtract), key, value. */
/** The configurations that a topic has of its own, all at once. */
export async function replaceConfigs(
  wire: WireConnection,
  topic: string,
  config: readonly (readonly [string, string | null])[],
  options: { readonly isTrial?: boolean; readonly type?: number } = {},
): Promise<number> {
  const answer = await wire.request("alterConfigs", 2, (writer) => {
    writer.array([topic], () => {
      writer.int8(options.type ?? 2).string(topic);
      writer.array(config, ([key, value]) => writer.string(key).string(value).tags()).tags();
    });
    writer.boolean(options.isTrial ?? false).tags();
  });
  return errorOfResource(answer);
}

function errorOfResource(answer: ByteReader): number {
  answer.int32();
  const [errorCode] = answer.array(() => {
    const code = answer.int16();
    answer.nullableString();
    answer.int8();
    answer.string();
    answer.tags();
    return code;
  });
  return errorCode as number;
}

export async function alterConfigs(
  wire: WireConnection,
  topic: string,
  changes: readonly (readonly [number, string, string | null])[],
  isTrial = false,
): Promise<number> {
  const answer = await wire.request("incrementalAlterConfigs", 1, (writer) => {
    writer.array([topic], () => {
      writer.int8(2).string(topic);
      writer
        .array(changes, ([operation, key, value]) => writer.string(key).int8(operation).string(value).tags())
        .tags();
    });
    writer.boolean(isTrial).tags();
  });
  return errorOfResource(answer);
}
