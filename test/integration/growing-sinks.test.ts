import { test } from "node:test";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { checkGrowingSink } from "../support/check-growing-sink.ts";
import { deliveries } from "../support/copying-job.ts";
import { startRealKafka } from "../support/real-kafka.ts";

test("a sink's topic that gets partitions is written to in the new ones on Apache Kafka", async (t) => {
  const kafka = await startRealKafka();
  t.after(() => kafka.stop());
  const client = new KafkaClient({ brokers: [kafka.brokers] }, thisMachine);
  t.after(() => client.close());
  for (const delivery of deliveries) {
    for (const topic of ["in", "out"]) await client.createTopic(topic, 1);
    await checkGrowingSink(t, kafka.brokers, delivery, 500);
    for (const topic of ["in", "out"]) await client.deleteTopic(topic);
  }
});
