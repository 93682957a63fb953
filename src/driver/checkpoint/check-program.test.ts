import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperatorState } from "../../state/manifest.ts";
import { checkProgram } from "./check-program.ts";
import { type CheckpointState, newCheckpointState } from "./checkpoint-state.ts";

const operator = (name: string): OperatorState => ({ operator: name, buckets: 8, files: [] }) as never;

function state(names: readonly string[], dropped?: readonly string[]): CheckpointState {
  const begun = newCheckpointState({ id: "1", appName: "job", buckets: 8, graph: [] });
  return { ...begun, manifest: names.map(operator), ...(dropped && { dropped }) };
}

function goOn(before: CheckpointState, names: readonly string[], dropState: readonly string[] = []): string[] {
  const operators = () => names.map((name) => ({ operator: name, buckets: 8 }));
  const program = { appName: "job", buckets: undefined, operators, dropState };
  return checkProgram(before, program, "/folder").manifest.map(({ operator: name }) => name);
}

test("state of operators that the program does not have is refused, all of them at once", () => {
  assert.throws(() => goOn(state(["a", "b", "c"]), ["b", "d"]), {
    code: "STATE_OPERATOR_MISSING",
    message:
      '[STATE_OPERATOR_MISSING] the checkpoint in /folder has state of a, c, which the program does not have. Checkpoint: a, b, c. Program: b, d. Name the operators as they were with name("…"), or give their state up with dropState: ["a", "c"]',
  });
});

test("state is given up where the program says so, of operators that it has and has not", () => {
  assert.deepEqual(goOn(state(["a", "b", "c"]), ["b", "c"], ["a", "c"]), ["b"]);
});

test("it is given up once: what an operator gathered since the start before, which was told the same, is kept", () => {
  assert.deepEqual(goOn(state(["a", "b"], ["a"]), ["a", "b"], ["a"]), ["a", "b"]);
  assert.deepEqual(goOn(state(["a", "b"], []), ["a", "b"], ["a"]), ["b"]);
  assert.deepEqual(goOn(state(["a", "b"], ["a"]), ["b"], ["a"]), ["b"]);
});

test("state to drop that is not there is refused with what is near, unless the start before was told the same", () => {
  assert.throws(() => goOn(state(["totals"], []), ["totals"], ["totls"]), {
    code: "INVALID_OPTION",
    message:
      '[INVALID_OPTION] dropState names "totls", of which the checkpoint in /folder has no state; did you mean "totals"?',
  });
  assert.throws(() => goOn(state([], []), [], ["other"]), { message: /it has state of none$/ });
  assert.deepEqual(goOn(state(["totals"], ["gone"]), ["totals"], ["gone"]), ["totals"]);
});

test("of a checkpoint that does not know what was dropped any name is accepted", () => {
  assert.deepEqual(goOn(state(["totals"]), ["totals"], ["gone"]), ["totals"]);
});
