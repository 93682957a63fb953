import { DStreamError } from "../../errors/dstream-error.ts";
import { operatorText } from "../../errors/user-code/user-function-failed.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";

/**
 * Operators that carry a state from batch to batch, windows with an inverse function among them, need a checkpoint, as in Spark: what they
 * have counted would be lost with the process.
 *
 * @throws CHECKPOINT_REQUIRED, which names them and where the program makes them.
 */
export function requireCheckpoint({ nodes }: Graph): void {
  const operators = nodes.filter((node) => node.kind === "keyed" && node.update !== undefined).map(operatorText);
  if (operators.length === 0) return;
  const text = `the checkpoint directory has not been set, and the state of ${operators.join(", ")} would be lost when the job ends; set checkpointDir`;
  throw new DStreamError("CHECKPOINT_REQUIRED", text, { data: { option: "checkpointDir", operators } });
}
