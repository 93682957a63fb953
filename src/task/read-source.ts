import { decodeRows } from "../codec/block.ts";
import { readRecords } from "../kafka/source/record-source.ts";
import type { KafkaSourceOptions } from "../kafka/types.ts";
import type { SourceNode } from "../plan/nodes/source.ts";
import type { KafkaResources } from "./kafka-resources.ts";
import type { SourceInput } from "./task-spec.ts";

/** The rows of a source's partition in a batch, a chunk at a time. */
export async function* readSource(
  node: SourceNode,
  input: SourceInput,
  kafka: KafkaResources,
  signal: AbortSignal,
): AsyncGenerator<unknown[]> {
  if (input.kind === "rows") {
    for (const block of input.blocks) yield decodeRows(block);
  } else if (node.feed.kind === "kafka" && input.range.fromOffset < input.range.untilOffset) {
    const options = node.feed.options as KafkaSourceOptions<unknown, unknown, "fail">;
    yield* readRecords(kafka.client(options), input.range, options, signal);
  }
}
