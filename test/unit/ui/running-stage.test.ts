import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import type { JobView } from "../../../src/ui/views/page-data.ts";
import { RecordedLog } from "../../support/recorded-log.ts";
import { runCommand } from "../../support/run-command.ts";

test("REST and dstream status say how many tasks of the running stage are done, and nothing of a batch that has ended", async (t) => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({
    ...{ appName: "rows", batchInterval: 1_000, master: "local", clock, logger: new RecordedLog() },
    ...{ jobFile: import.meta.url, ui: { port: 0 } },
  });
  const [entered, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let calls = 0;
  ssc
    .queueStream([[1, 2, 3]])
    .repartition(3)
    .foreachPartition(async () => {
      if (++calls < 2) return;
      entered.resolve();
      await released.promise;
    });
  t.after(() => {
    released.resolve();
    return ssc.stop();
  });
  await ssc.start();
  const url = ssc.uiUrl as string;
  const runningStage = async () => {
    const { status } = (await (await fetch(`${url}/api/v1/job`)).json()) as JobView;
    return status.runningStage;
  };
  assert.equal(await runningStage(), undefined);
  const advanced = clock.advance(1_000);
  await entered.promise;
  assert.deepEqual(await runningStage(), { batchTime: 1_000, stage: 1, numStages: 2, tasksDone: 1, numTasks: 3 });
  const { code, output } = await runCommand(["status", url]);
  assert.equal(code, 0);
  assert.match(output, /^batch 00:00:01\.000 runs: stage 2 of 2, 1 of 3 tasks$/m);
  released.resolve();
  await advanced;
  assert.equal(await runningStage(), undefined);
  assert.doesNotMatch((await runCommand(["status", url])).output, /runs: stage/);
});
