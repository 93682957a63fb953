import { decodeBatches } from "../../src/kafka/record-batch/batch-reader.ts";
import { fetch } from "./wire/data-requests.ts";
import { WireConnection } from "./wire/wire-connection.ts";

/** The batches of records in a partition of a topic, without those that end transactions. */
export async function topicBatches(
  brokers: string,
  topic: string,
  partition = 0,
): Promise<{ codec: number; bytes: number; count: number }[]> {
  const wire = await WireConnection.open(brokers);
  const { batches } = await fetch(wire, topic, 0, { partition, maxBytes: 10_000_000, partitionMaxBytes: 10_000_000 });
  wire.close();
  const decoded = [...decodeBatches(batches, 0, batches.length, { topic, partition })];
  return decoded
    .filter(({ header }) => !header.isControl)
    .map(({ header }) => ({ codec: header.codec, bytes: header.end - header.start, count: header.recordCount }));
}
