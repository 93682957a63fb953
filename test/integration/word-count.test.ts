import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { KafkaProducer } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { brokerKinds } from "../support/broker-kinds.ts";
import { fromSources } from "../support/from-sources.ts";
import { outputOf } from "../support/processes.ts";
import { kafkaTool, type RealKafka } from "../support/real-kafka.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

for (const [kind, start] of Object.entries(brokerKinds)) {
  describe(`the word count example with ${kind}`, () => {
    let broker: RealKafka;
    before(async () => {
      broker = await start();
      const client = new KafkaClient({ brokers: [broker.brokers] }, thisMachine);
      await client.createTopic("test", 3);
      await client.close();
      const producer = new KafkaProducer({ brokers: [broker.brokers] });
      await Promise.all(
        Array.from({ length: 90 }, (_, i) =>
          producer.send({ topic: "test", value: `a b${i % 3 === 0 ? " c" : ""}`, partition: i % 3 }),
        ),
      );
      await producer.close();
    });
    after(() => broker.stop());

    for (const [i, master] of ["local", "local[2]"].entries()) {
      test(`gives the same totals on ${master}`, async (t) => {
        // The first run commits the group's offsets after its batch; the second begins behind them, so it counts on an empty topic.
        const args = [
          fromSources,
          "src/cli/main.ts",
          "run",
          "examples/word-count.ts",
          "--brokers",
          broker.brokers,
          "--master",
          master,
          "--batches",
          "1",
          "--checkpoint",
          temporaryDirectory(t),
        ];
        if (i > 0) await resetOffsets(broker.brokers);
        const rows = (await outputOf(process.execPath, args)).split("\n").filter((line) => line.startsWith("("));
        assert.deepEqual(rows.sort(), ["(a,90)", "(b,90)", "(c,30)"]);
      });
    }

    test("commits the group's offsets, so that Kafka's own tool shows the lag", async () => {
      const producer = new KafkaProducer({ brokers: [broker.brokers] });
      for (let i = 0; i < 4; i++) await producer.send({ topic: "test", partition: 1, value: "late" });
      await producer.close();
      const ask = ["--bootstrap-server", broker.brokers, "--describe", "--group", "word-count"];
      const table = await kafkaTool("consumer.group.ConsumerGroupCommand", ...ask);
      const rows = table.split("\n").map((line) => line.split(/\s+/).slice(0, 6).join(" "));
      assert.deepEqual(rows.filter((row) => row.startsWith("word-count")).sort(), [
        "word-count test 0 30 30 0",
        "word-count test 1 30 34 4",
        "word-count test 2 30 30 0",
      ]);
    });
  });
}

async function resetOffsets(brokers: string): Promise<void> {
  const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
  await client.commitOffsets(
    "word-count",
    [0, 1, 2].map((partition) => ({ topic: "test", partition, offset: 0 })),
  );
  await client.close();
}
