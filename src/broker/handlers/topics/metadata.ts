import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { topicNameProblem } from "../../../kafka/protocol/topic-name.ts";
import type { Topic } from "../../topics/topic-store.ts";
import { authorizedOperations } from "../authorized-operations.ts";
import type { Handler, RequestContext } from "../handler.ts";

/** Stands for no topic id. */
export const noId = "0".repeat(32);

interface Asked {
  readonly name: string | null;
  readonly id: string;
}

export const metadata: Handler = (context) => {
  const { broker, reader, writer, version } = context;
  const asked = reader.nullableArray((): Asked => {
    const id = version >= 10 ? reader.uuid() : noId;
    const topic = { id, name: version >= 10 ? reader.nullableString() : reader.string() };
    reader.tags();
    return topic;
  });
  const mayCreate = version >= 4 ? reader.boolean() : true;
  const wantsClusterOperations = version >= 8 && version <= 10 && reader.boolean();
  const wantsOperations = version >= 8 && reader.boolean();
  reader.tags();
  const isAll = asked === null || (version === 0 && asked.length === 0);
  const topics = isAll ? [...broker.topics.all()].map(({ name, id }) => ({ name, id })) : asked;
  if (!isAll && mayCreate && broker.autoCreateTopics) createMissing(context, topics);
  if (version >= 3) writer.int32(0);
  writer.array(broker.cluster.nodes(), ({ id, host, port }) => {
    writer.int32(id).string(host).int32(port);
    if (version >= 1) writer.string(null);
    writer.tags();
  });
  if (version >= 2) writer.string(broker.cluster.id);
  if (version >= 1) writer.int32(broker.cluster.controller());
  writer.array(topics, (topic) => writeTopic(context, topic, wantsOperations));
  if (version >= 8 && version <= 10) writer.int32(authorizedOperations("cluster", wantsClusterOperations));
  writer.tags();
  return undefined;
};

function createMissing({ broker }: RequestContext, topics: readonly Asked[]): void {
  for (const { name } of topics) {
    if (name !== null && broker.topics.get(name) === undefined)
      broker.topics.create({ name, partitions: broker.topics.defaultPartitions, config: {} });
  }
}

function writeTopic({ broker, writer, version }: RequestContext, asked: Asked, wantsOperations: boolean): void {
  const { id } = asked;
  // Who gives an id means the topic that has it, whatever the name.
  const name = id === noId ? asked.name : null;
  const topic = name === null ? broker.topics.withId(id) : broker.topics.get(name);
  writer.int16(topic === undefined ? problemOf(name) : 0).string(topic?.name ?? (version >= 12 ? name : (name ?? "")));
  if (version >= 10) writer.uuid(topic?.id ?? id);
  if (version >= 1) writer.boolean(false);
  writer.array([...(topic?.partitions.entries() ?? [])], ([partition, log]) => {
    const { leader, leaderEpoch, ...nodes } = broker.cluster.placement(topic?.name ?? "", partition, log.leaderEpoch);
    const errorCode = leader < 0 ? kafkaErrors.LEADER_NOT_AVAILABLE.code : 0;
    writer.int16(errorCode).int32(partition).int32(leader);
    if (version >= 7) writer.int32(leaderEpoch);
    for (const ids of [nodes.replicas, nodes.inSync]) writer.array(ids, (id) => writer.int32(id));
    if (version >= 5) writer.array(nodes.offline, (id) => writer.int32(id));
    writer.tags();
  });
  if (version >= 8) writer.int32(authorizedOperations("topic", wantsOperations && topic !== undefined));
  writer.tags();
}

function problemOf(name: Topic["name"] | null): number {
  if (name === null) return kafkaErrors.UNKNOWN_TOPIC_ID.code;
  return topicNameProblem(name) === undefined
    ? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code
    : kafkaErrors.INVALID_TOPIC_EXCEPTION.code;
}
