import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { codeBlocks } from "../support/docs/code-blocks.ts";
import { pages } from "../support/docs/pages.ts";
import { writeProgram } from "../support/docs/write-program.ts";
import { dstream } from "../support/dstream.ts";
import { fromSources } from "../support/from-sources.ts";
import { outputOf } from "../support/processes.ts";

// The programs of the pages run as they stand there: as files of a project that has this package, against a broker with a topic.

/** What each program prints when the topic has the records a, b and a. */
const printed: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["(a,2)", "(b,1)"],
  "docs/guide/getting-started.md": ["(a,2)", "(b,1)"],
  "docs/guide/sources-and-files.md": ["(tea,2)", "(milk,1)", "milk is safe"],
  "docs/guide/state.md": ["(a,2)", "(b,1)", "(home,100)"],
  "docs/guide/transform.md": ["3 orders; 0 were dropped so far"],
  "docs/guide/windows.md": ["(a,2)", "(b,1)", "3"],
};

const all = pages()
  .flatMap(codeBlocks)
  .filter(({ text }) => text.startsWith("import ") && text.includes("ssc.start()"));
const programs = all.filter(({ path }) => path in printed);

/** Pages whose programs need more than a broker; their own tests run them. */
const elsewhere = ["docs/guide/flume.md"];

test("every program of a page is run, here or by a test of its own", () => {
  assert.deepEqual(all.map(({ path }) => path).sort(), [...Object.keys(printed), ...elsewhere].sort());
});

/** Short programs have state and no checkpoint. */
function withoutWarningOfState(stderr: string): string {
  const warning =
    /^\(node:\d+\) DStreamCheckpoint: the state of .* is lost when the job ends.*\n(\(Use `node --trace-warnings.*\n)?/m;
  return stderr.replace(warning, "");
}

describe("programs", { concurrency: 3 }, () => {
  for (const { path, text } of programs) {
    test(`the program of ${path}`, async (t) => {
      const broker = await EmbeddedBroker.start();
      t.after(() => broker.stop());
      await broker.createTopic("test");
      const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
      await Promise.all(["a", "b", "a"].map((value) => producer.send({ topic: "test", value })));
      await producer.close();
      const file = writeProgram(t, text);
      const { code, stdout, stderr } = await dstream([
        ...["run", file, "--brokers", broker.bootstrapServers, "--batches", "2"],
      ]);
      assert.deepEqual([code, withoutWarningOfState(stderr)], [0, ""]);
      for (const line of printed[path] ?? []) assert.ok(stdout.split("\n").includes(line), `${line} in\n${stdout}`);
    });
  }
});

test("the tests of the guide to testing pass", async (t) => {
  const page = pages().find(({ path }) => path === "docs/guide/testing.md");
  const [block] = page === undefined ? [] : codeBlocks(page);
  const file = writeProgram(t, block?.text ?? "");
  const output = await outputOf(process.execPath, [fromSources, "--test-reporter=tap", file], {
    env: { NODE_TEST_CONTEXT: "" },
  });
  assert.match(output, /^# pass 2$/m);
});
