import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { membersOf } from "../support/process-group.ts";
import { sparkModes } from "../support/spark/spark-mode.ts";
import { startSpark } from "../support/spark/start-spark.ts";

const executors = { local: 0, "local-cluster": 2, standalone: 2 };

for (const mode of sparkModes) {
  test(`Spark starts in mode ${mode}, takes connections, and stops without leaving anything`, async () => {
    const spark = await startSpark({ mode });
    try {
      assert.equal((await spark.executors()).length, executors[mode]);
      const socket = connect(Number(new URL(spark.url).port), "127.0.0.1");
      await once(socket, "connect");
      socket.destroy();
    } finally {
      await spark.stop();
    }
    assert.deepEqual(await membersOf(spark.groups), []);
    assert.equal(existsSync(spark.folder), false);
  });
}

test("a server that cannot start says why and where its log is", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  t.after(() => other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const error = await startSpark({ mode: "local", port }).then(
    () => assert.fail("it started on a port in use"),
    (reason: Error) => reason,
  );
  const [, folder] =
    /^it ended before it said Spark Connect server started.*; (\/.*)\/spark\.log ends/.exec(error.message) ?? [];
  assert.match(error.message, new RegExp(`Exception: Failed to bind to address [\\d./]*:${port}`));
  assert.ok(folder !== undefined && existsSync(folder), error.message);
  rmSync(folder, { recursive: true });
});
