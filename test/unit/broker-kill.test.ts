import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { fromSources } from "../support/from-sources.ts";
import { endProcess, startProcess } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { fetch, listOffset, produce } from "../support/wire/data-requests.ts";
import { batchOf, linesOf } from "../support/wire/records-of.ts";
import { createTopic } from "../support/wire/topic-requests.ts";
import { initProducerId } from "../support/wire/transaction-requests.ts";
import { WireConnection } from "../support/wire/wire-connection.ts";

const kills = Number(process.env.DSTREAM_BROKER_KILLS ?? 3);

/** The broker in a process of its own; resolves to how it is reached and killed. */
async function startBroker(dir: string): Promise<{ wire: WireConnection; kill: () => Promise<void> }> {
  const args = [fromSources, "src/cli/main.ts", "broker", "--port", "0", "--dir", dir];
  const child = startProcess(process.execPath, args);
  const [line] = (await once(createInterface(child.stdout as Readable), "line")) as [string];
  const address = /127\.0\.0\.1:\d+/.exec(line)?.[0];
  assert.ok(address, line);
  const wire = await WireConnection.open(address);
  return { wire, kill: () => endProcess(child, "SIGKILL") };
}

// An idempotent producer sends value after value until the broker is killed under it, starts it again, and goes on with what was
// not acknowledged. In the end every value is there once, in order.
test(`a broker that is killed ${kills} times loses nothing it acknowledged, and has nothing twice`, async (t) => {
  const dir = temporaryDirectory(t);
  let broker = await startBroker(dir);
  const topic = await createTopic(broker.wire, "t", { config: { "internal.segment.bytes": "20000" } });
  const { producerId } = await initProducerId(broker.wire, null);
  let next = 0;
  for (let round = 0; round < kills; round++) {
    const until = next + 300;
    let killed: Promise<void> | undefined;
    while (killed === undefined || next < until) {
      try {
        const batch = batchOf([`${next}`], { producerId, producerEpoch: 0, baseSequence: next });
        if (next === until - 100 - round) killed ??= broker.kill();
        const { errorCode, baseOffset } = await produce(broker.wire, topic, batch);
        assert.deepEqual([errorCode, baseOffset], [0, next]);
        next++;
      } catch (error) {
        if (error instanceof assert.AssertionError || killed === undefined) throw error;
        await killed;
        broker = await startBroker(dir);
      }
    }
  }
  const end = (await listOffset(broker.wire, topic, -1)).offset;
  const lines: string[] = [];
  while (lines.length < end) lines.push(...linesOf((await fetch(broker.wire, topic, lines.length)).batches));
  assert.deepEqual(
    lines,
    Array.from({ length: next }, (_, i) => `${i}:${i}`),
  );
  broker.wire.close();
  await broker.kill();
});
