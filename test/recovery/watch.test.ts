import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { dstream } from "../support/dstream.ts";
import { fromSources } from "../support/from-sources.ts";

// `dstream run --watch`: a job starts again when one of its modules changes.

/** In the clone, since the package's name means its sources there. */
function jobFolder(t: TestContext, opens = 'createServer().listen(0, "127.0.0.1");'): string {
  const folder = mkdtempSync(resolve("test/recovery/jobs/watched-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, "job.ts"),
    `import { Receiver, StreamingContext } from "dstream";
import { createServer } from "node:http";
import { word } from "./word.ts";
const ssc = new StreamingContext({ appName: "watched", batchInterval: 50, checkpointDir: "${join(folder, "checkpoint")}" });
class Once extends Receiver<number> {
  onStart() {
    void this.store(1);
  }
  onStop() {}
}
ssc.receiverStream(new Once()).map(() => word).foreachRDD(async (rdd) => {
  if (!(await rdd.isEmpty())) console.log(\`\${await rdd.first()} starts\`);
});
${opens}
process.on("exit", (code) => console.log(\`\${word} ended with \${code}\`));
await ssc.start();
`,
  );
  writeFileSync(join(folder, "word.ts"), `export const word = "one";\n`);
  return folder;
}

for (const master of ["local", "local[2]"]) {
  test(`a job starts again with its changed module, after the one before has ended, on ${master}`, async (t) => {
    const folder = jobFolder(t);
    const word = join(folder, "word.ts");
    const seen: string[] = [];
    const { code, stderr } = await dstream(["run", "--watch", join(folder, "job.ts"), "--master", master], {
      onLine(line, { kill }) {
        if (seen.includes(line)) return;
        seen.push(line);
        if (line === "one starts") writeFileSync(word, `export const word = "two";\n`);
        // An error in the file ends nothing: the next change is waited for.
        if (line === "two starts") writeFileSync(word, `export const word = = "broken";\n`);
        if (line === "three starts") kill("SIGTERM");
      },
      onErrorLine(line) {
        if (line.includes("the job ended with code 1")) writeFileSync(word, `export const word = "three";\n`);
      },
    });
    assert.deepEqual(seen, [
      "one starts",
      "one ended with 0",
      "two starts",
      "two ended with 0",
      "three starts",
      "three ended with 0",
    ]);
    assert.equal(code, 0);
    assert.match(stderr, /word\.ts changed; the job is started again\n/);
    assert.match(stderr, /the job ended with code 1; it is started again when one of its \d+ files changes\n/);
    assert.doesNotMatch(stderr, /CHECKPOINT_LOCKED/);
  });
}

test("node --watch runs a job on local[2], whatever it sends over the ports of workers", async (t) => {
  // By Node alone a program has to end by itself.
  const folder = jobFolder(t, "");
  const child = spawn(process.execPath, ["--watch", "--watch-preserve-output", fromSources, join(folder, "job.ts")], {
    env: { ...process.env, DSTREAM_MASTER: "local[2]" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const seen: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    seen.push(line);
    if (line === "one starts") writeFileSync(join(folder, "word.ts"), `export const word = "two";\n`);
    if (line === "two starts") child.kill("SIGTERM");
  }
  assert.ok(seen.includes("one starts") && seen.includes("two starts"), seen.join("\n"));
});
