import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Random, seededRandom } from "../../test/support/seeded-random.ts";
import { sampleRequests } from "../../test/support/wire/sample-requests.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { ByteReader } from "../kafka/protocol/byte-reader.ts";
import { ProtocolError } from "../kafka/protocol/protocol-error.ts";
import { thisMachine } from "../runtime/machine/machine.ts";
import { AnswerBudget } from "./answer-budget.ts";
import { answerRequest } from "./answer-request.ts";
import { apiTable } from "./api-table.ts";
import { type BrokerFiles, openFiles } from "./broker-files.ts";
import type { BrokerState } from "./broker-state.ts";
import { oneNode } from "./cluster-view.ts";

// Requests that were damaged at random: each is answered, or refused as no request; none is slow, takes much memory, or ends the
// broker. DSTREAM_FUZZ_SEEDS=1000000 tries more of them, DSTREAM_FUZZ_SEED=17 the one that failed.

const seeds = Number(process.env.DSTREAM_FUZZ_SEEDS ?? 5_000);
const firstSeed = Number(process.env.DSTREAM_FUZZ_SEED ?? 1);
const slowMs = 500;
const maxGrowthBytes = 300 * 1024 * 1024;

let files: BrokerFiles;
let state: BrokerState;
const ended = new AbortController();
before(() => {
  files = openFiles(undefined, 8 * 1024 * 1024, 1, thisMachine);
  const { topics, groups, transactions } = files;
  const answers = new AnswerBudget(8 * 1024 * 1024);
  const place = { host: "127.0.0.1", port: 9092, autoCreateTopics: true, log: () => {} };
  const cluster = oneNode("c", place.host, place.port);
  state = { ...place, cluster, apis: apiTable, machine: thisMachine, topics, groups, transactions, answers };
  topics.create({ name: "topic", partitions: 1, config: {} });
});
after(() => {
  ended.abort();
  files.close();
});

const samples = sampleRequests("topic", "group", "transactional");
const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** One of the good requests, with a few changes. */
function damaged(random: Random): Buffer {
  let bytes: Buffer = Buffer.from(samples[random(samples.length)] as Buffer);
  for (let changes = 1 + random(3); changes > 0 && bytes.length > 0; changes--) {
    const at = random(bytes.length);
    const extreme = extremes[random(extremes.length)] as number;
    switch (random(7)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << random(8));
        break;
      case 1:
        bytes = bytes.subarray(0, at);
        break;
      case 2:
        if (at + 4 <= bytes.length) bytes.writeUInt32BE(extreme, at);
        break;
      case 3:
        if (at + 2 <= bytes.length) bytes.writeUInt16BE(extreme & 0xffff, at);
        break;
      case 4:
        bytes[at] = extreme & 0xff;
        break;
      case 5:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.alloc(1 + random(20), extreme & 0xff),
          bytes.subarray(at),
        ]);
        break;
      default:
        // Another version, perhaps of another API, with this body.
        if (bytes.length < 4) break;
        bytes.writeUInt16BE(random(15), 2);
        if (random(4) === 0) bytes.writeUInt16BE(random(62), 0);
    }
  }
  return bytes;
}

/** Whether a request was refused as what it is: no request, or one that is not spoken here. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof ProtocolError ||
    error instanceof DStreamError ||
    (error instanceof RangeError && /is not supported$/.test(error.message)) ||
    (error instanceof Error && /^a batch without acknowledgement/.test(error.message))
  );
}

async function tryRequest(bytes: Buffer, seed: number): Promise<void> {
  const startedAt = performance.now();
  // Some wait for others, as they should: nobody waits for them.
  const answer = answerRequest(bytes, state, { host: "/127.0.0.1", signal: ended.signal });
  const answeredMs = performance.now() - startedAt;
  assert.ok(answeredMs < slowMs, `seed ${seed} took ${answeredMs} ms`);
  answer.then(
    (writer) => writer?.frame(),
    (error: unknown) => {
      if (!isRefusal(error)) failures.push({ seed, error });
    },
  );
  await Promise.resolve();
}

const failures: { seed: number; error: unknown }[] = [];

test(`${seeds} damaged requests are answered or refused, and the broker lives on`, {
  timeout: 60_000 + seeds,
}, async () => {
  const memoryBefore = process.memoryUsage();
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    await tryRequest(damaged(seededRandom(seed)), seed);
    if (seed % 500 === 0) await new Promise(setImmediate);
  }
  await new Promise(setImmediate);
  const words = failures.map(({ seed, error }) => `seed ${seed}: ${error instanceof Error ? error.stack : error}`);
  assert.deepEqual(words, []);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const growthBytes = heapUsed + arrayBuffers - memoryBefore.heapUsed - memoryBefore.arrayBuffers;
  assert.ok(growthBytes < maxGrowthBytes, `${growthBytes} bytes more`);
  const answer = await answerRequest(samples.at(-1) as Buffer, state, { host: "", signal: ended.signal });
  assert.equal(Buffer.concat(answer?.parts() ?? []).readInt32BE(0), 7);
});

test("every version of every API answers a request of zeros, or refuses it", async () => {
  for (const [key, { min, max }] of apiTable) {
    for (let version = min; version <= max; version++) {
      const body = Buffer.alloc(200);
      body.writeInt16BE(key, 0);
      body.writeInt16BE(version, 2);
      try {
        await answerRequest(body, state, { host: "", signal: ended.signal });
      } catch (error) {
        assert.ok(isRefusal(error), `API ${key} version ${version}: ${error}`);
      }
    }
  }
});

test("a request may not have more array elements than any client asks for", () => {
  const huge = Buffer.alloc(3_000_000);
  huge.writeInt32BE(2_000_000, 0);
  const reader = new ByteReader(huge, { maxElements: 1_000_000 });
  assert.throws(() => reader.array((r) => r.int8()), /too many array elements/);
  const nested = new ByteReader(Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 3]), { maxElements: 4 });
  assert.throws(() => nested.array((r) => r.array((inner) => inner.int8())), /too many array elements/);
});
