import assert from "node:assert/strict";
import { test } from "node:test";
import { EmbeddedBroker } from "dstream/broker";
import { soak } from "../soak/soak.ts";
import { exact } from "../support/exactly-once/ledger.ts";

test("a job with state that is killed five times while it copies 100,000 records copies each once, in order", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  const brokers = broker.bootstrapServers;
  const { duration, killsAtWork, copiedBetweenKills, ...report } = await soak({
    brokers,
    kills: 5,
    records: 100_000,
    seed: 1,
    longestLifeMs: 5_000,
  });
  assert.deepEqual(report, { ...exact, wrongTotals: [], kills: 5, faultsSeenMeanwhile: 0 });
  assert.ok(copiedBetweenKills > 0);
  t.diagnostic(`${killsAtWork} kills while it worked; ${duration} ms`);
});
