import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { DStreamError } from "dstream";
import type { ApiName } from "../../src/kafka/protocol/api-keys.ts";
import { World } from "../support/exactly-once/world.ts";
import { KafkaFaultProxy, type RequestFault } from "../support/kafka-fault-proxy.ts";

// Requests of a transaction get lost, their answers get lost, and requests arrive when nobody waits for them any more: behind
// the end of their transaction, maybe in the middle of the next.

const slowly = { maxRatePerPartition: 10 };
const requests: readonly ApiName[] = ["addPartitionsToTxn", "produce", "addOffsetsToTxn", "txnOffsetCommit", "endTxn"];
const faults: Readonly<Record<string, RequestFault>> = {
  "is lost": "request lost",
  "is carried out and its answer is lost": "answer lost",
  "arrives 5 ms late": { arrives: () => delay(5) },
  "arrives 150 ms late": { arrives: () => delay(150) },
};

/** A late request that opens its transaction again, just behind the abort, fences the job itself: it ends, and nothing is wrong. */
function isFenced(error: unknown): void {
  assert.equal((error as DStreamError).code, "PRODUCER_FENCED");
}

for (const api of requests) {
  for (const [what, fault] of Object.entries(faults)) {
    test(`${api} that ${what} costs no record and doubles none`, async (t) => {
      const world = await World.make(t, 100);
      await using proxy = await KafkaFaultProxy.start(world.brokers);
      proxy.plan(api, undefined, fault, undefined, fault);
      const run = world.run(8, { ...slowly, brokers: proxy.brokers });
      if (typeof fault === "string") {
        await run;
        assert.deepEqual(proxy.hits, [api, api]);
      } else {
        await run.catch(isFenced);
        assert.ok(proxy.hits.length > 0);
        await world.run(8);
      }
      await world.checkOutput();
    });
  }
}

for (const fault of ["request lost", "answer lost"] as const) {
  test(`a job starts although twice, when it asks for its producer id, the ${fault.replace(" ", " is ")}`, async (t) => {
    const world = await World.make(t, 100);
    await using proxy = await KafkaFaultProxy.start(world.brokers);
    proxy.plan("initProducerId", fault, fault);
    await world.run(8, { ...slowly, brokers: proxy.brokers });
    await world.checkOutput();
  });
}

test("a job that its own late request for a producer id fences ends, and goes on exactly-once with the next start", async (t) => {
  const world = await World.make(t, 100);
  await using proxy = await KafkaFaultProxy.start(world.brokers);
  const started = Promise.withResolvers<void>();
  proxy.plan("initProducerId", { arrives: () => started.promise });
  const onStarted = (): Promise<void> => {
    started.resolve();
    return proxy.unheardAnswer;
  };
  await assert.rejects(world.run(8, { brokers: proxy.brokers }, onStarted), { code: "PRODUCER_FENCED" });
  await world.run(8);
  await world.checkOutput();
});

test("where it stays unknown whether a batch was committed the job ends and says so, and the next start finds out", async (t) => {
  const world = await World.make(t, 100);
  await using proxy = await KafkaFaultProxy.start(world.brokers);
  await world.run(1, slowly);
  proxy.plan("endTxn", "answer lost");
  // What may still be under way is known to have no effect only once there is another producer id.
  proxy.plan("initProducerId", undefined, ...Array<RequestFault>(100).fill("request lost"));
  await assert.rejects(world.run(1, { ...slowly, brokers: proxy.brokers, transactionTimeout: 300 }), {
    code: "TRANSACTION_UNCERTAIN",
    message: /^\[TRANSACTION_UNCERTAIN\] it is not known whether the transaction of batch 2000 was committed: /,
    data: { batchTime: 2_000 },
  });
  await world.run(8);
  await world.checkOutput();
});
