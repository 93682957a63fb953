import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { dstream } from "../support/dstream.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// The programs of the guides run as they stand there: as files of a project that has this package, against a broker with a topic.

/** The file of a program whose checkpoint, too, is in a folder of the test. */
function writeProgram(t: TestContext, guide: string): string {
  const [, program = ""] = /```ts\n(import .*?)```/s.exec(readFileSync(`docs/guide/${guide}.md`, "utf8")) ?? [];
  assert.notEqual(program, "", `${guide} has a program`);
  const folder = temporaryDirectory(t);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(resolve("."), join(folder, "node_modules/dstream"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "job.ts"), program.replace('"./', `"${folder}/`));
  return join(folder, "job.ts");
}

for (const [guide, printed] of Object.entries({
  windows: ["(a,2)", "(b,1)", "3"],
  state: ["(a,2)", "(b,1)", "(home,100)"],
  "sources-and-files": ["(tea,2)", "(milk,1)", "milk is safe"],
  transform: ["3 orders; 0 were dropped so far"],
})) {
  test(`the program of the guide to ${guide}`, async (t) => {
    const broker = await EmbeddedBroker.start();
    t.after(() => broker.stop());
    await broker.createTopic("test");
    const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
    await Promise.all(["a", "b", "a"].map((value) => producer.send({ topic: "test", value })));
    await producer.close();
    const file = writeProgram(t, guide);
    const { code, stdout, stderr } = await dstream([
      ...["run", file, "--brokers", broker.bootstrapServers, "--batches", "2"],
    ]);
    assert.deepEqual([code, stderr], [0, ""]);
    for (const line of printed) assert.ok(stdout.split("\n").includes(line), `${line} in\n${stdout}`);
  });
}
