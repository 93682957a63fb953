import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { KafkaProducer, KafkaUtils } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { damageLog } from "../support/damage-log.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { skipsDamaged } from "./jobs/skips-damaged.ts";

for (const master of ["local", "local[2]"]) {
  test(`on ${master} damaged batches are skipped where the job says so: warned of, counted, the others read`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "dstream-"));
    const broker = await EmbeddedBroker.start({ dir });
    const brokers = broker.bootstrapServers;
    await broker.createTopic("damaged", { partitions: 1 });
    const producer = new KafkaProducer({ brokers: [brokers] });
    for (const values of [["good", "fine"], ["broken", "lost"], ["last"]]) {
      for (const value of values) await producer.append({ topic: "damaged", value });
      await producer.flush();
    }
    await producer.close();
    damageLog(dir, "broken");
    process.env.DSTREAM_BROKERS = brokers;
    const clock = new ManualClock();
    const said = new RecordedLog();
    const jobFile = new URL("./jobs/skips-damaged.ts", import.meta.url);
    const { ssc, values } = skipsDamaged(brokers, { master, clock, jobFile, logger: said });
    t.after(async () => {
      await ssc.stop();
      await broker.stop();
      rmSync(dir, { recursive: true });
    });
    await ssc.start();
    await clock.advance(1_000);
    assert.deepEqual(values, ["good", "fine", "last"]);
    assert.equal(ssc.progress.offsetsSkipped, 2);
    assert.deepEqual(
      said.of("RECORDS_SKIPPED").map(({ level, batchTime }) => [level, batchTime]),
      [["warn", 1_000]],
    );
    assert.match(
      said.warnings("RECORDS_SKIPPED").join(),
      /^the damaged batch at damaged-0@2 is skipped, with 2 offsets: its checksum says [0-9a-f]{8}, its bytes give [0-9a-f]{8}$/,
    );
    await clock.advance(1_000);
    assert.equal(ssc.progress.offsetsSkipped, 2);
  });
}

test("policies that do not exist are refused", () => {
  const { ssc } = skipsDamaged("localhost:1", {});
  const direct = (options: object): unknown =>
    KafkaUtils.createDirectStream(ssc, { brokers: ["localhost:1"], topics: ["t"], ...options });
  assert.throws(() => direct({ onCorruptBatch: "ignore" }), {
    code: "INVALID_OPTION",
    message: "[INVALID_OPTION] onCorruptBatch must be one of fail, skip, not ignore",
  });
  assert.throws(() => direct({ onLogTruncation: "earliest" }), {
    code: "INVALID_OPTION",
    message: "[INVALID_OPTION] onLogTruncation must be one of fail, continue, not earliest",
  });
});
