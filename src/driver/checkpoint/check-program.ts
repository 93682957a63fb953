import { DStreamError } from "../../errors/dstream-error.ts";
import type { StatefulOperator } from "../../state/manifest.ts";
import type { CheckpointState } from "./checkpoint-state.ts";

/** What a program is, as far as its checkpoint has to fit it. */
export interface Program {
  readonly appName: string;
  /** As asked for; undefined: as the checkpoint has it. */
  readonly buckets: number | undefined;
  /** Operators that keep state, when the job has so many buckets. */
  readonly operators: (buckets: number) => readonly StatefulOperator[];
  /** Operators whose state is given up. */
  readonly dropState: readonly string[];
}

/**
 * What a program goes on with: the state of operators whose names it still has, and of a batch that may turn out to be committed
 * what it wrote of those.
 *
 * @throws CHECKPOINT_OTHER_JOB; INVALID_OPTION for another number of buckets; STATE_OPERATOR_MISSING for state without operator.
 */
export function checkProgram(
  state: CheckpointState,
  program: Program,
  directory: string,
): Pick<CheckpointState, "manifest" | "prepared"> {
  if (state.appName !== program.appName) {
    const text = `the checkpoint in ${directory} belongs to the job "${state.appName}", not to "${program.appName}"`;
    throw new DStreamError("CHECKPOINT_OTHER_JOB", text, { data: { directory, appName: state.appName } });
  }
  if (program.buckets !== undefined && program.buckets !== state.buckets) {
    throw otherBuckets("stateBuckets", program.buckets, state.buckets, directory);
  }
  const isKept = ({ operator }: { readonly operator: string }): boolean => !program.dropState.includes(operator);
  const manifest = state.manifest.filter(isKept);
  const operators = program.operators(state.buckets);
  for (const { operator, buckets } of manifest) {
    const now = operators.find((candidate) => candidate.operator === operator);
    if (now === undefined) throw operatorMissing(operator, state, operators, directory);
    if (now.buckets !== buckets) throw otherBuckets(`the partitions of ${operator}`, now.buckets, buckets, directory);
  }
  const { prepared } = state;
  return {
    manifest,
    prepared: prepared && {
      ...prepared,
      files: prepared.files.filter(isKept),
      operators: prepared.operators.filter(isKept),
    },
  };
}

function operatorMissing(
  operator: string,
  { manifest }: CheckpointState,
  operators: readonly StatefulOperator[],
  directory: string,
): DStreamError {
  const before = manifest.map((state) => state.operator);
  const after = operators.map((state) => state.operator);
  const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
  const text = `the checkpoint in ${directory} has state of ${operator}, which the program does not have. Checkpoint: ${list(before)}. Program: ${list(after)}. Name the operator as it was with name("…"), or give its state up with dropState: ["${operator}"]`;
  return new DStreamError("STATE_OPERATOR_MISSING", text, { data: { operator, before, after, option: "dropState" } });
}

function otherBuckets(what: string, seen: number, expected: number, directory: string): DStreamError {
  const text = `${what} must be ${expected}, not ${seen}: the number is fixed in the checkpoint in ${directory}`;
  return new DStreamError("INVALID_OPTION", text, { data: { directory, seen, expected } });
}
