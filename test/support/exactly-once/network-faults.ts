import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { DStreamError } from "dstream";
import type { ApiName } from "../../../src/kafka/protocol/api-keys.ts";
import { KafkaFaultProxy, type RequestFault } from "../kafka-fault-proxy.ts";
import { RecordedLog } from "../recorded-log.ts";
import type { World } from "./world.ts";

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

interface Place {
  readonly name: string;
  readonly makeWorld: (t: TestContext, numRecords: number, numPartitions?: number) => Promise<World>;
  /** Whether the brokers lose the marker of a transaction when an earlier one for the same partition is refused. */
  readonly losesMarkers?: boolean;
}

/**
 * Requests of a transaction get lost, their answers get lost, and requests arrive when nobody waits for them any more: behind
 * the end of their transaction, maybe in the middle of the next. A test for each, on a world of one broker with 100 records.
 */
export function testNetworkFaults({ name, makeWorld, losesMarkers = false }: Place): void {
  for (const api of requests) {
    for (const [what, fault] of Object.entries(faults)) {
      test(`${api} that ${what} costs no record and doubles none on ${name}`, async (t) => {
        const world = await makeWorld(t, 100);
        await using proxy = await KafkaFaultProxy.start(world.brokers);
        proxy.plan(api, undefined, fault, undefined, fault);
        const run = world.run(8, { maxRatePerPartition: 10, brokers: proxy.brokers });
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

  for (const numPartitions of [1, 2]) {
    const isLost = losesMarkers && numPartitions === 1;
    const outcome = isLost ? "is lost, and the checkpoint knows better" : "stays";
    test(`the marker of a transaction at whose end an earlier one arrives ${outcome}, with ${numPartitions} partitions on ${name}`, async (t) => {
      const world = await makeWorld(t, 40, numPartitions);
      await using proxy = await KafkaFaultProxy.start(world.brokers);
      const isEnding = Promise.withResolvers<void>();
      const waits = (): Promise<void> => {
        isEnding.resolve();
        return proxy.unheardAnswer;
      };
      // Batch 2000 is aborted and run again, and what it had sent first arrives when batch 3000 is about to be committed.
      proxy.plan("txnOffsetCommit", undefined, { arrives: () => isEnding.promise });
      proxy.plan("endTxn", undefined, undefined, undefined, { waits });
      await world.run(3, { maxRatePerPartition: 10, brokers: proxy.brokers });
      assert.deepEqual(proxy.hits, ["txnOffsetCommit", "endTxn"]);
      assert.equal((await world.lastMarker())?.batch, isLost ? 2_000 : 3_000);
      const said = new RecordedLog();
      await world.run(3, { logger: said });
      assert.match(
        said.warnings("MARKER_LOST").join(),
        isLost ? /^the last .* is that of batch 3000, .*batch 2000/ : /^$/,
      );
      await world.checkOutput();
    });
  }
}
