import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { statefulOperators } from "./stateful-operators.ts";
import { withoutUnused } from "./without-unused.ts";

test("what no output needs is left out of the graph, and keeps no state; names and sources stay", () => {
  const ssc = new StreamingContext({ appName: "unused", batchInterval: 1_000 });
  const pairs = ssc.queueStream<readonly [string, number]>([]);
  ssc.queueStream([]).window(2_000);
  const count = (ones: readonly number[], sum = 0): number => sum + ones.length;
  pairs.updateStateByKey(count);
  pairs.updateStateByKey(count).print();

  const whole = ssc.job.plan.build();
  const { nodes, names } = withoutUnused(whole);
  assert.deepEqual(names, whole.names);
  assert.deepEqual(
    nodes.map(({ kind, id }) => [kind, id]),
    [
      ["source", 0],
      ["source", 1],
      ["source", 2],
      ["source", 3],
      ["keyed", 4],
    ],
  );
  assert.deepEqual(
    statefulOperators(withoutUnused(whole), 64).map(({ operator }) => operator),
    ["queue/updateStateByKey#1"],
  );
});
