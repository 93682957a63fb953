import { nodeId } from "../../cluster-view.ts";
import { done, type Outcome, refused } from "../../outcome.ts";
import type { Handler, RequestContext } from "../handler.ts";

interface Asked {
  readonly name: string;
  readonly count: number;
  /** Nodes of each new partition; null: the broker chooses. */
  readonly assignments: readonly (readonly number[])[] | null;
}

export const createPartitions: Handler = (context) => {
  const { reader, writer } = context;
  const asked = reader.array((): Asked => {
    const [name, count] = [reader.string(), reader.int32()];
    const assignments = reader.nullableArray(() => {
      const nodes = reader.array(() => reader.int32());
      reader.tags();
      return nodes;
    });
    reader.tags();
    return { name, count, assignments };
  });
  reader.int32();
  const isTrial = reader.boolean();
  reader.tags();
  const names = asked.map(({ name }) => name);
  const once = asked.filter(({ name }, i) => names.indexOf(name) === i);
  writer.int32(0).array(once, (growth) => {
    const isTwice = names.indexOf(growth.name) !== names.lastIndexOf(growth.name);
    const { errorCode, message } = isTwice
      ? refused("INVALID_REQUEST", "Duplicate topic name.")
      : grow(context, growth, isTrial);
    writer.string(growth.name).int16(errorCode).string(message).tags();
  });
  writer.tags();
  return undefined;
};

function grow({ broker }: RequestContext, { name, count, assignments }: Asked, isTrial: boolean): Outcome {
  const topic = broker.topics.get(name);
  if (topic === undefined)
    return refused("UNKNOWN_TOPIC_OR_PARTITION", "This server does not host this topic-partition.");
  const outcome = broker.topics.checkGrowth(topic, count);
  if (outcome.errorCode !== 0) return outcome;
  const more = count - topic.partitions.length;
  if (assignments !== null && assignments.length !== more)
    return refused(
      "INVALID_REPLICA_ASSIGNMENT",
      `Attempted to add ${more} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    );
  if (assignments?.some((nodes) => nodes.length !== 1 || nodes[0] !== nodeId))
    return refused("INVALID_REPLICA_ASSIGNMENT", `the only broker is ${nodeId}, and has each partition once`);
  if (!isTrial) broker.topics.addPartitions(topic, count);
  return done;
}
