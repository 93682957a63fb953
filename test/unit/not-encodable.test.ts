import assert from "node:assert/strict";
import { test } from "node:test";
import { type State, StateSpec } from "dstream";
import { runBatches, type TestJob, testJob } from "dstream/testing";

// Values that cannot leave their task or be kept: the operator is named, the key by its hash, and the path inside of the value. What
// the key says is in no message.

const url = import.meta.url;

interface Cycle {
  self?: Cycle;
}

const keepsFunction = testJob<[string], unknown>(url, "keeps a function", (_ssc, names) =>
  names.map((name) => [name, 1] as const).updateStateByKey(() => ({ calls: [1, () => 1] })),
);
const keepsCycle = testJob<[string], unknown>(url, "keeps a cycle", (_ssc, names) =>
  names
    .map((name) => [name, 1] as const)
    .mapWithState(
      StateSpec.function((_name: string, _one: number | undefined, state: State<Cycle>) => {
        const cycle: Cycle = {};
        cycle.self = cycle;
        state.update(cycle);
      }),
    ),
);
const sendsSymbol = testJob<[string], unknown>(url, "sends a symbol", (_ssc, names) =>
  names.map((name) => [name, new Map([[name, Symbol(name)]])] as const).groupByKey(),
);

const jobs: readonly (readonly [TestJob<[string], unknown>, operator: string, what: string])[] = [
  [keepsFunction, "updateStateByKey", "state of the key .* \\(string\\): a function \\(at calls\\.1\\)"],
  [keepsCycle, "mapWithState", "state of the key .* \\(string\\): an object that contains itself \\(at self\\)"],
  [sendsSymbol, "groupByKey", "value of the key .* \\(string\\): a symbol \\(at entry 0\\)"],
];

for (const [job, operator, what] of jobs) {
  test(`a job that ${job.name} ends; the operator is named, and the key by its hash`, async () => {
    await assert.rejects(runBatches(job, [[["alice"]]]), ({ code, message }) => {
      assert.equal(code, "VALUE_NOT_ENCODABLE");
      const place = "test/unit/not-encodable\\.test\\.ts:\\d+:\\d+";
      assert.match(message, new RegExp(`^\\[\\w+\\] ${operator} \\(${place}\\): the ${what} cannot leave its task$`));
      assert.match(message, /with hash [0-9a-f]{8} /);
      assert.doesNotMatch(message, /alice/);
      return true;
    });
  });
}
