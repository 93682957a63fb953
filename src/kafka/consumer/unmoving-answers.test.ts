import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { type FetchResponse, fetchRequest } from "../client/requests/fetch.ts";
import { KafkaProducer } from "../producer/kafka-producer.ts";
import { readRangeAsLeft } from "./overtaken-range.ts";
import { readRange } from "./range-reader.ts";

// A real broker whose answers to fetches are changed where the client decodes them: whatever a broker says, requests follow each other
// with a pause, and the reader ends with what the broker did.

const topic = "records";
const numRecords = 3;
let broker: EmbeddedBroker;
before(async () => {
  broker = await EmbeddedBroker.start();
  await broker.createTopic(topic);
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  for (let n = 0; n < numRecords; n++) await producer.send({ topic, value: String(n).padEnd(1_000, ".") });
  await producer.close();
});
after(() => broker.stop());

/** Reads records `fromOffset` to `untilOffset` with answers changed by `change`; returns how many fetches were answered, and the error. */
async function readWith(
  t: TestContext,
  change: (answer: FetchResponse) => Partial<FetchResponse>,
  { fromOffset = 0, untilOffset = numRecords, retryForMs = 250, signal = new AbortController().signal } = {},
): Promise<{ fetches: number; read: number; error: Error | undefined }> {
  const whole = fetchRequest.read.bind(fetchRequest);
  const { mock } = t.mock.method(fetchRequest, "read", (reader: Parameters<typeof whole>[0]) => {
    const answer = whole(reader);
    return { ...answer, ...change(answer) };
  });
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  const range = { topic, partition: 0, fromOffset, untilOffset };
  let read = 0;
  let error: Error | undefined;
  try {
    const options = { isolationLevel: "read_committed", retryForMs, signal } as const;
    for await (const { from, until } of readRange(client, range, options)) read += until - from;
  } catch (thrown) {
    error = thrown as Error;
  }
  const fetches = mock.callCount();
  mock.restore();
  await client.close();
  return { fetches, read, error };
}

const nothing = Buffer.alloc(0);

for (const [what, change, message] of [
  [
    "no records, although there are some",
    () => ({ records: nothing }),
    /asked for offset 0 of a log up to 3, the broker answers without records for 250 ms now$/,
  ],
  [
    "the same records again and again",
    (answer: FetchResponse) => ({
      records: Buffer.from(answer.records.subarray(0, 12 + answer.records.readInt32BE(8))),
    }),
    /asked for offset 1 the broker answers with only records before it, for 250 ms now$/,
  ],
  [
    "half a batch, however much it may send",
    (answer: FetchResponse) => ({ records: answer.records.subarray(0, 700) }),
    /asked for offset 0 the broker answers with no whole record batch, for 250 ms now$/,
  ],
] as const) {
  test(`a broker that answers with ${what} is asked a few times a second, and named in the end`, async (t) => {
    let first: FetchResponse | undefined;
    const { fetches, error } = await readWith(t, (answer) => {
      first ??= { ...answer, records: Buffer.from(answer.records) };
      return change(first);
    });
    assert.match(String(error), message);
    assert.match(String(error), /BROKER_UNREACHABLE/);
    assert.ok(fetches <= 6, `${fetches} fetches`);
  });
}

test("a batch that does not fit is asked for whole", async (t) => {
  let asked = 0;
  const { read, error } = await readWith(t, ({ records }) =>
    asked++ === 0 ? { records: records.subarray(0, 200) } : {},
  );
  assert.deepEqual([read, error], [numRecords, undefined]);
});

test("a range beyond the end of the log ends soon, saying where the log ends, whatever onOffsetOutOfRange says", async () => {
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  const range = { topic, partition: 0, fromOffset: 1, untilOffset: 9 };
  const options = { isolationLevel: "read_committed", retryForMs: 250 } as const;
  const policies = { onOffsetOutOfRange: "earliest", onLogTruncation: "fail", truncated: () => {} } as const;
  const read = async (): Promise<void> => {
    for await (const _ of readRangeAsLeft(client, range, options, policies));
  };
  await assert.rejects(read(), {
    code: "OFFSET_OUT_OF_RANGE",
    message: /records-0 is asked for offsets 1 to 9, and its log ends at 3$/,
  });
  await client.close();
});

test("a broker that asks for an hour of patience holds no task that is given up", async (t) => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("given up")), 50);
  const { read, error } = await readWith(t, () => ({ throttleMs: 3_600_000 }), { signal: abort.signal });
  assert.deepEqual([read, error?.message], [0, "given up"]);
});
