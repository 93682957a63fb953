import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { TransactionCalls } from "./transaction-calls.ts";
import { TransactionalSession } from "./transactional-session.ts";

async function opened(t: TestContext): Promise<TransactionalSession> {
  const broker = await EmbeddedBroker.start();
  await broker.createTopic("out", { partitions: 1 });
  const session = new TransactionalSession({
    ...{ connection: { brokers: [broker.bootstrapServers] }, transactionalId: "job", timeoutMs: 60_000 },
    ...{
      machine: thisMachine,
      markerTopic: "out",
      producer: {},
      optionNames: { batchBytesMax: "max", deliveryTimeoutMs: "timeout" },
    },
  });
  t.after(async () => {
    await session.close();
    await broker.stop();
  });
  await session.open();
  return session;
}

const marker = { checkpoint: "c", batch: 1_000, attempt: "a" };
const records = () => [[{ topic: "out", key: null, value: "v" }]];

test("a transaction that fails and is tried again counts as aborted, and then as committed", async (t) => {
  const session = await opened(t);
  const lost = new DStreamError("BROKER_UNREACHABLE", "no broker can be reached");
  t.mock.method(TransactionCalls.prototype, "addMarker", () => Promise.reject(lost), { times: 1 });
  await session.commit(records, marker);
  assert.deepEqual(session.ends, { committed: 1, aborted: 1, unknown: 0 });
});

test("one whose end cannot be found out counts as unknown", async (t) => {
  const session = await opened(t);
  const lost = new DStreamError("BROKER_UNREACHABLE", "no broker can be reached");
  for (const method of ["addMarker", "abort"] as const) {
    t.mock.method(TransactionCalls.prototype, method, () => Promise.reject(lost));
  }
  await assert.rejects(session.commit(records, marker), { code: "TRANSACTION_UNCERTAIN" });
  assert.deepEqual(session.ends, { committed: 0, aborted: 0, unknown: 1 });
});
