import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { DStreamError } from "dstream";
import type { ApiName } from "../../../src/kafka/protocol/api-keys.ts";
import { KafkaFaultProxy, type RequestFault } from "../kafka-fault-proxy.ts";
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

/**
 * Requests of a transaction get lost, their answers get lost, and requests arrive when nobody waits for them any more: behind
 * the end of their transaction, maybe in the middle of the next. A test for each, on a world of one broker with 100 records.
 */
export function testNetworkFaults(place: string, makeWorld: (t: TestContext) => Promise<World>): void {
  for (const api of requests) {
    for (const [what, fault] of Object.entries(faults)) {
      test(`${api} that ${what} costs no record and doubles none on ${place}`, async (t) => {
        const world = await makeWorld(t);
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
}
