import { WireConnection } from "./wire/wire-connection.ts";

/** Where a partition is, by the numbers of the nodes. */
export interface Replicas {
  readonly leader: number;
  readonly inSync: readonly number[];
}

/** Of each partition of the topics, by "topic-partition", as a broker tells. */
export async function replicasOf(broker: string, topics: readonly string[]): Promise<Map<string, Replicas>> {
  const wire = await WireConnection.open(broker);
  const answer = await wire.request("metadata", 8, (request) =>
    request
      .array(topics, (topic) => request.string(topic))
      .boolean(false)
      .boolean(false)
      .boolean(false),
  );
  wire.close();
  answer.int32();
  answer.array(() => [answer.int32(), answer.string(), answer.int32(), answer.nullableString()]);
  answer.nullableString();
  answer.int32();
  const found = new Map<string, Replicas>();
  answer.array(() => {
    answer.int16();
    const topic = answer.string();
    answer.boolean();
    answer.array(() => {
      const [, partition, leader] = [answer.int16(), answer.int32(), answer.int32(), answer.int32()];
      const [, inSync] = [0, 1, 2].map(() => answer.array(() => answer.int32()));
      found.set(`${topic}-${partition}`, { leader, inSync: inSync ?? [] });
    });
    answer.int32();
  });
  return found;
}
