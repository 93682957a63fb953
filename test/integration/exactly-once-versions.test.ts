import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { soak } from "../soak/soak.ts";
import { exact } from "../support/exactly-once/ledger.ts";
import { testNetworkFaults } from "../support/exactly-once/network-faults.ts";
import { World } from "../support/exactly-once/world.ts";
import { kafkaVersion, olderKafkaVersion } from "../support/kafka-libraries.ts";
import { type RealKafka, startRealKafka } from "../support/real-kafka.ts";

// The exactly-once job on real brokers of both kinds of transactions. Where a request is late, what happens is the broker's doing.

for (const version of [kafkaVersion, olderKafkaVersion]) {
  let kafka: RealKafka;
  let numWorlds = 0;
  before(async () => {
    kafka = await startRealKafka({ version });
  });
  after(() => kafka.stop());

  testNetworkFaults({
    name: `Apache Kafka ${version}`,
    makeWorld: (t, numRecords, numPartitions = 2) =>
      World.on(kafka.brokers, t, numRecords, { prefix: `world-${++numWorlds}-`, numPartitions }),
    losesMarkers: version === olderKafkaVersion,
  });

  test(`a job that has nothing to write for long commits its marker on Apache Kafka ${version}`, async (t) => {
    const day = 24 * 60 * 60 * 1_000;
    const world = await World.on(kafka.brokers, t, 10, { prefix: `world-${++numWorlds}-` });
    await world.run(3, { batchInterval: day });
    assert.equal((await world.lastMarker())?.batch, 3 * day);
    await world.checkOutput();
  });

  test(`on Apache Kafka ${version} a job that is killed twice copies each record once, in order`, async (t) => {
    const { duration, killsAtWork, copiedBetweenKills, ...report } = await soak({
      brokers: kafka.brokers,
      kills: 2,
      records: 20_000,
      seed: 1,
    });
    assert.deepEqual(report, { ...exact, wrongTotals: [], kills: 2, faultsSeenMeanwhile: 0 });
    t.diagnostic(`${killsAtWork} kills while it worked, ${copiedBetweenKills} records between them; ${duration} ms`);
  });
}
