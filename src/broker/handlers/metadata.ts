import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { nodeId } from "../broker-state.ts";
import type { Topic } from "../topic-store.ts";
import type { Handler, RequestContext } from "./handler.ts";

const noOperations = -2_147_483_648;
const noId = "0".repeat(32);

export const metadata: Handler = (context) => {
  const { broker, reader, writer, version } = context;
  const asked = reader.nullableArray(() => {
    if (version >= 10) reader.uuid();
    const name = reader.nullableString() ?? "";
    reader.tags();
    return name;
  });
  const names = asked === null || (version === 0 && asked.length === 0) ? null : asked;
  const mayCreate = version >= 4 ? reader.boolean() : true;
  if (names !== null && mayCreate && broker.autoCreateTopics) {
    for (const name of names)
      if (broker.topics.get(name) === undefined) broker.topics.create(name, broker.topics.defaultPartitions, {});
  }
  if (version >= 3) writer.int32(0);
  writer.array([nodeId], () => {
    writer.int32(nodeId).string(broker.host).int32(broker.port);
    if (version >= 1) writer.string(null);
    writer.tags();
  });
  if (version >= 2) writer.string(broker.clusterId);
  if (version >= 1) writer.int32(nodeId);
  writer.array(names ?? broker.topics.all().map(({ name }) => name), (name) =>
    writeTopic(context, name, broker.topics.get(name)),
  );
  if (version >= 8 && version <= 10) writer.int32(noOperations);
  writer.tags();
  return undefined;
};

function writeTopic({ writer, version }: RequestContext, name: string, topic: Topic | undefined): void {
  writer.int16(topic === undefined ? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code : 0).string(name);
  if (version >= 10) writer.uuid(topic?.id ?? noId);
  if (version >= 1) writer.boolean(false);
  writer.array([...(topic?.partitions.keys() ?? [])], (partition) => {
    writer.int16(0).int32(partition).int32(nodeId);
    if (version >= 7) writer.int32(0);
    writer.array([nodeId], (node) => writer.int32(node)).array([nodeId], (node) => writer.int32(node));
    if (version >= 5) writer.array([], () => {});
    writer.tags();
  });
  if (version >= 8) writer.int32(noOperations);
  writer.tags();
}
