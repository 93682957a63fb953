import { nodeId } from "../../cluster-view.ts";
import { done, type Outcome, refused } from "../../outcome.ts";
import { topicConfigKeys } from "../../topics/topic-config.ts";
import type { NewTopic } from "../../topics/topic-store.ts";
import { configSource } from "../configs/config-entries.ts";
import type { Handler, RequestContext } from "../handler.ts";
import { noId } from "./metadata.ts";

interface AskedTopic extends NewTopic {
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partition: number; readonly nodes: readonly number[] }[];
}

export const createTopics: Handler = (context) => {
  const { broker, reader, writer } = context;
  const asked = reader.array(() => readTopic(context));
  reader.int32();
  const isTrial = reader.boolean();
  reader.tags();
  const names = asked.map(({ name }) => name);
  // A name that is there twice is refused once.
  const results = asked
    .filter(({ name }, i) => names.indexOf(name) === i)
    .map((topic) => {
      const { assignments, partitions } = topic;
      const count = assignments.length || (partitions === -1 ? broker.topics.defaultPartitions : partitions);
      const isTwice = names.indexOf(topic.name) !== names.lastIndexOf(topic.name);
      let outcome = isTwice ? refused("INVALID_REQUEST", `Duplicate topic name.`) : placementProblem(topic);
      const wanted = { name: topic.name, partitions: count, config: topic.config };
      if (outcome.errorCode === 0) outcome = isTrial ? broker.topics.check(wanted) : broker.topics.create(wanted);
      return { ...wanted, ...outcome };
    });
  writer.int32(0).array(results, (result) => writeTopic(context, result));
  writer.tags();
  return undefined;
};

function readTopic({ reader }: RequestContext): AskedTopic {
  const [name, partitions, replicationFactor] = [reader.string(), reader.int32(), reader.int16()];
  const assignments = reader.array(() => {
    const assignment = { partition: reader.int32(), nodes: reader.array(() => reader.int32()) };
    reader.tags();
    return assignment;
  });
  const config = reader.array(() => {
    const entry = [reader.string(), reader.nullableString()] as const;
    reader.tags();
    return entry;
  });
  reader.tags();
  return { name, partitions, replicationFactor, assignments, config: Object.fromEntries(config) };
}

/** Whether one node can have the replicas that are asked for. */
function placementProblem({ partitions, replicationFactor, assignments }: AskedTopic): Outcome {
  if (assignments.length === 0) return replicationProblem(replicationFactor);
  if (replicationFactor !== -1)
    return refused(
      "INVALID_REQUEST",
      "A manual partition assignment was specified, but replication factor was not set to -1.",
    );
  if (partitions !== -1)
    return refused(
      "INVALID_REQUEST",
      "A manual partition assignment was specified, but numPartitions was not set to -1.",
    );
  return assignmentProblem(assignments);
}

function replicationProblem(factor: number): Outcome {
  if (factor === -1 || factor === 1) return done;
  return factor < 1
    ? refused("INVALID_REPLICATION_FACTOR", "Replication factor must be larger than 0, or -1 to use the default value.")
    : refused(
        "INVALID_REPLICATION_FACTOR",
        `Unable to replicate the partition ${factor} time(s): the embedded broker is a single one.`,
      );
}

/** Partitions from 0 on, each on this node alone. */
function assignmentProblem(assignments: AskedTopic["assignments"]): Outcome {
  const numbers = assignments.map(({ partition }) => partition).sort((a, b) => a - b);
  if (numbers.some((partition, i) => partition !== i))
    return refused("INVALID_REPLICA_ASSIGNMENT", "partitions should be a consecutive 0-based integer sequence");
  const isElsewhere = assignments.some(({ nodes }) => nodes.length !== 1 || nodes[0] !== nodeId);
  return isElsewhere
    ? refused("INVALID_REPLICA_ASSIGNMENT", `the only broker is ${nodeId}, and has each partition once`)
    : done;
}

function writeTopic(
  { broker, writer, version }: RequestContext,
  { name, partitions, config, errorCode, message }: NewTopic & Outcome,
): void {
  const isGood = errorCode === 0;
  writer.string(name);
  if (version >= 7) writer.uuid((isGood && broker.topics.get(name)?.id) || noId);
  writer.int16(errorCode).string(message);
  if (version >= 5) {
    writer.int32(isGood ? partitions : -1).int16(isGood ? 1 : -1);
    writer.array(isGood ? Object.entries(topicConfigKeys) : [], ([key, { value }]) => {
      const own = config[key];
      writer
        .string(key)
        .string(own ?? value)
        .boolean(false);
      writer
        .int8(own === undefined ? configSource.standard : configSource.topic)
        .boolean(false)
        .tags();
    });
  }
  writer.tags();
}
