import assert from "node:assert/strict";
import { test } from "node:test";
import { testNetworkFaults } from "../support/exactly-once/network-faults.ts";
import { World } from "../support/exactly-once/world.ts";
import { KafkaFaultProxy, type RequestFault } from "../support/kafka-fault-proxy.ts";

// What the network does to a job's transactions on the embedded broker, and to the requests of its start.

const slowly = { maxRatePerPartition: 10 };

testNetworkFaults({ name: "the embedded broker", makeWorld: World.make });

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
