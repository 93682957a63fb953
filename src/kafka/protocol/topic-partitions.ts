// Most requests and answers are lists of topics, each with a list of partitions; client and broker read and write them alike.
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** Reads the lists of topics with something for each partition. */
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

/** Writes the lists of topics with something for each partition. */
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
