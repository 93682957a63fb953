import { nearest } from "../../errors/checks/nearest.ts";
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
  /** Operators, and streams that the program gave up, whose state or position is given up. */
  readonly dropState: readonly string[];
  /** Names of its sources; default: not known. */
  readonly sourceNames?: readonly string[];
}

/**
 * What a program goes on with: the state of operators whose names it still has, and of a batch that may turn out to be committed
 * what it wrote of those. `dropState` gives state up once: what an operator has gathered since the start before, which was told the
 * same, is kept.
 *
 * @throws CHECKPOINT_OTHER_JOB; INVALID_OPTION for another number of buckets, and for state to drop that is not there;
 * STATE_OPERATOR_MISSING for state without operator.
 */
export function checkProgram(
  state: CheckpointState,
  program: Program,
  directory: string,
): Pick<CheckpointState, "manifest" | "prepared" | "dropped" | "sourceNames"> {
  if (state.appName !== program.appName) {
    const text = `the checkpoint in ${directory} belongs to the job "${state.appName}", not to "${program.appName}"; choose another folder, or give the job its name back`;
    throw new DStreamError("CHECKPOINT_OTHER_JOB", text, { data: { directory, appName: state.appName } });
  }
  if (program.buckets !== undefined && program.buckets !== state.buckets) {
    throw otherBuckets("stateBuckets", program.buckets, state.buckets, directory);
  }
  const operators = program.operators(state.buckets);
  const { dropState } = program;
  checkDropped(state, program, directory);
  const isPresent = (name: string): boolean => operators.some(({ operator }) => operator === name);
  const isKept = ({ operator }: { readonly operator: string }): boolean => {
    return !dropState.includes(operator) || (state.dropped?.includes(operator) === true && isPresent(operator));
  };
  const manifest = state.manifest.filter(isKept);
  const missing = manifest.filter(({ operator }) => !isPresent(operator)).map(({ operator }) => operator);
  if (missing.length > 0) throw operatorsMissing(missing, state, operators, directory);
  for (const { operator, buckets } of manifest) {
    const now = operators.find((candidate) => candidate.operator === operator);
    if (now?.buckets !== buckets) throw otherBuckets(`the partitions of ${operator}`, now?.buckets, buckets, directory);
  }
  const { prepared } = state;
  return {
    dropped: dropState,
    ...(program.sourceNames && { sourceNames: program.sourceNames }),
    manifest,
    prepared: prepared && {
      ...prepared,
      files: prepared.files.filter(isKept),
      operators: prepared.operators.filter(isKept),
    },
  };
}

/** A name that is misspelt would keep state that the program means to be rid of. Checkpoints of earlier versions do not know what was dropped. */
function checkDropped(
  { dropped, manifest, sources, left = [] }: CheckpointState,
  { dropState, sourceNames = [] }: Program,
  directory: string,
): void {
  if (dropped === undefined) return;
  const gone = Object.keys(sources).filter((name) => !sourceNames.includes(name));
  const present = [...new Set([...manifest.map(({ operator }) => operator), ...left.map(({ name }) => name), ...gone])];
  const unknown = dropState.find((name) => !present.includes(name) && !dropped.includes(name));
  if (unknown === undefined) return;
  const [similar] = nearest(unknown, present, 1);
  const hint = similar === undefined ? `it has state of ${list(present)}` : `did you mean "${similar}"?`;
  const text = `dropState names "${unknown}", of which the checkpoint in ${directory} has no state; ${hint}`;
  throw new DStreamError("INVALID_OPTION", text, { data: { option: "dropState", operator: unknown } });
}

const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));

function operatorsMissing(
  missing: readonly string[],
  { manifest }: CheckpointState,
  operators: readonly StatefulOperator[],
  directory: string,
): DStreamError {
  const before = manifest.map((state) => state.operator);
  const after = operators.map((state) => state.operator);
  const names = missing.map((name) => JSON.stringify(name)).join(", ");
  const whose = missing.length === 1 ? ["the operator as it was", "its"] : ["the operators as they were", "their"];
  const text = `the checkpoint in ${directory} has state of ${list(missing)}, which the program does not have. Checkpoint: ${list(before)}. Program: ${list(after)}. Name ${whose[0]} with name("…"), or give ${whose[1]} state up with dropState: [${names}]`;
  const data = { operator: missing[0], operators: missing, before, after, option: "dropState" };
  return new DStreamError("STATE_OPERATOR_MISSING", text, { data });
}

function otherBuckets(what: string, seen: number | undefined, expected: number, directory: string): DStreamError {
  const text = `${what} must be ${expected}, not ${seen}: the number is fixed in the checkpoint in ${directory}`;
  return new DStreamError("INVALID_OPTION", text, { data: { directory, seen, expected } });
}
