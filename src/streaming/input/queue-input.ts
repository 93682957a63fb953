import { checkFlag, checkOptionNames, invalidOption } from "../../errors/checks/check-options.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import { checkNumPartitions } from "../../plan/partitioner.ts";
import { checkQueueEntry, type QueueEntry, QueueSource } from "../../sources/queue-source.ts";
import type { RDD } from "../rdd/rdd.ts";
import type { InputHome } from "./input-home.ts";

export interface QueueStreamOptions<T> {
  /** Take one entry a batch (default), or all that are queued. */
  readonly oneAtATime?: boolean;
  /** For batches that find the queue empty. Default: no rows. Null: no RDD, and what is derived from it does not run. */
  readonly default?: readonly T[] | RDD<T> | null;
  /** Partitions of each batch's RDD. Default: those of an RDD in the queue, or of all that are taken; for arrays the cluster's slots. */
  readonly numPartitions?: number;
}

/** The stream of a queue's entries. @throws UNKNOWN_OPTION, INVALID_OPTION */
export function queueInput<T>(
  home: InputHome,
  queue: (readonly T[] | RDD<T> | null)[],
  options: QueueStreamOptions<T>,
): SourceNode {
  checkOptionNames("queueStream", options, ["oneAtATime", "default", "numPartitions"]);
  const { oneAtATime = true, numPartitions } = options;
  checkFlag("queueStream's oneAtATime", oneAtATime);
  const fallback: QueueEntry = options.default === undefined ? [] : options.default;
  if (!Array.isArray(queue)) throw invalidOption("queueStream's queue", typeof queue, "an array");
  checkQueueEntry("queueStream's default", fallback);
  if (numPartitions !== undefined) checkNumPartitions(numPartitions);
  return home.job.addSource("queue", { kind: "rows" }, (nodeId) => {
    return new QueueSource(nodeId, queue, { oneAtATime, fallback, numPartitions });
  });
}
