import { invalidOption } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { operatorText } from "../../errors/user-code/user-function-failed.ts";
import { settingsWith } from "../../kafka/producer/producer-options.ts";
import { isTransactional, type KafkaOutput, type KafkaSink, type Output } from "../../plan/graph/output.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";

/**
 * The graph with the delivery of each Kafka sink decided: exactly-once by default where the job has a checkpoint.
 *
 * @throws CHECKPOINT_REQUIRED; INVALID_OPTION for sinks that cannot share a transaction.
 */
export function withDelivery(graph: Graph, hasCheckpoint: boolean): Graph {
  const outputs = graph.outputs.map((output): Output => {
    if (output.kind !== "kafka") return output;
    const { delivery = hasCheckpoint ? "exactly-once" : "at-least-once", transactionalId } = output.sink;
    const needsCheckpoint = delivery === "exactly-once" || transactionalId !== undefined;
    if (needsCheckpoint && !hasCheckpoint) throw checkpointRequired(output);
    return { ...output, sink: { ...output.sink, delivery } };
  });
  const [first, ...others] = outputs.filter(isTransactional);
  for (const { sink } of others) checkShared((first as KafkaOutput).sink, sink);
  return { ...graph, outputs };
}

function checkpointRequired(output: KafkaOutput): DStreamError {
  const { sink } = output;
  const text = `${operatorText(output)} to "${sink.topic}" is exactly-once only with a checkpoint; set checkpointDir, or choose delivery: "at-least-once"`;
  return new DStreamError("CHECKPOINT_REQUIRED", text, { data: { topic: sink.topic, option: "checkpointDir" } });
}

/** A transaction is one transactional id on one cluster. */
function checkShared(first: KafkaSink, other: KafkaSink): void {
  if (JSON.stringify(first.connection) !== JSON.stringify(other.connection)) {
    const allowed = `that of "${first.topic}", since a batch has one transaction`;
    throw invalidOption(`the connection of the exactly-once sink "${other.topic}"`, "another one", allowed);
  }
  if (JSON.stringify(settingsWith(first.producer)) !== JSON.stringify(settingsWith(other.producer))) {
    const allowed = `as that of "${first.topic}", since a batch has one transaction and one producer`;
    throw invalidOption(`producer of the exactly-once sink "${other.topic}"`, "other options", allowed);
  }
  for (const option of ["transactionalId", "transactionTimeoutMs"] as const) {
    if (first[option] === other[option]) continue;
    const name = `${option.replace(/Ms$/, "")} of the exactly-once sink "${other.topic}"`;
    throw invalidOption(
      name,
      other[option],
      `${first[option]}, as that of "${first.topic}": a batch has one transaction`,
    );
  }
}
