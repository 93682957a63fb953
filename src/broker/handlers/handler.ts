import type { ByteReader } from "../../kafka/protocol/byte-reader.ts";
import type { ByteWriter } from "../../kafka/protocol/byte-writer.ts";
import type { BrokerState } from "../broker-state.ts";

/** One request: what it says, where the answer goes, and in which version both are. */
export interface RequestContext {
  readonly broker: BrokerState;
  readonly reader: ByteReader;
  readonly writer: ByteWriter;
  readonly version: number;
  readonly clientId: string;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;
}

/** Answers a request; false: no answer is wanted. */
export type Handler = (context: RequestContext) => undefined | false | Promise<undefined>;

/** A request's lists of topics with something for each partition. */
export function readTopics<T>(
  reader: ByteReader,
  partition: (topic: string) => T,
): { readonly topic: string; readonly partitions: T[] }[] {
  return reader.array(() => {
    const topic = reader.string();
    const partitions = reader.array(() => partition(topic));
    reader.tags();
    return { topic, partitions };
  });
}

/** An answer's lists of topics with something for each partition. */
export function writeTopics<T>(
  writer: ByteWriter,
  topics: readonly { readonly topic: string; readonly partitions: readonly T[] }[],
  partition: (value: T) => void,
): void {
  writer.array(topics, ({ topic, partitions }) => {
    writer.string(topic).array(partitions, partition);
    writer.tags();
  });
}
