import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { fromSources } from "../support/from-sources.ts";
import { startProcess } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const program = fileURLToPath(new URL("programs/writes-life.ts", import.meta.url));

test("a batch whose process was killed has the same partitions and rows again, on whatever cluster it is run", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("in", { partitions: 2 });
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  await Promise.all(
    Array.from({ length: 400 }, (_, i) => producer.send({ topic: "in", partition: i % 2, value: `word ${i % 17}` })),
  );
  await producer.close();
  const directory = temporaryDirectory(t);
  const output = join(directory, "written");
  const live = async (master: string, life: number, end: "kill" | "stop"): Promise<void> => {
    const options = { brokers: broker.bootstrapServers, output, master, checkpointDir: join(directory, "checkpoint") };
    const args = [fromSources, program, JSON.stringify(options), "2", end, String(life * 10_000)];
    const [code, signal] = await once(startProcess(process.execPath, args), "exit");
    assert.deepEqual([code, signal], end === "kill" ? [null, "SIGKILL"] : [0, null]);
  };
  const masters = ["local", "local[4]", "local[2]", "local[3]", "local"];
  for (const [life, master] of masters.entries()) await live(master, life, "kill");
  await live("local[4]", masters.length, "stop");
  const contents = new Map<string, Set<string>>();
  const partitions = new Map<number, Set<number>>();
  for (const line of readFileSync(output, "utf8").trim().split("\n")) {
    const { name, batchTime, partition, rows } = JSON.parse(line);
    const text = JSON.stringify((rows as unknown[]).map((row) => JSON.stringify(row)).sort());
    const place = `${name} ${batchTime} ${partition}`;
    contents.set(place, (contents.get(place) ?? new Set()).add(text));
    if (name === "reduced") partitions.set(batchTime, (partitions.get(batchTime) ?? new Set()).add(partition));
  }
  const different = [...contents].filter(([, texts]) => texts.size > 1).map(([place]) => place);
  assert.deepEqual(different, []);
  const counts = [...partitions.values()].map(({ size }) => size);
  assert.deepEqual([...new Set(counts)].sort(), [2, 3, 4]);
});
