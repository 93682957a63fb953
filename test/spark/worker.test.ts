import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Relation } from "../../src/cluster/spark/connect/gen/spark-connect.ts";
import { sqlExpression } from "../../src/cluster/spark/connect/plan/expressions.ts";
import { project, union } from "../../src/cluster/spark/connect/plan/relations.ts";
import { DStreamError } from "../../src/errors/dstream-error.ts";
import { processGone } from "../support/process-gone.ts";
import { EchoSession } from "../support/spark/echo-session.ts";
import { sqlRows } from "../support/spark/sql-rows.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";

// The worker as Spark really starts and drives it. In `local` mode over TCP; with executors of their own over domain sockets,
// whose folder has to have a short path.

const socketDir = mkdtempSync(join(tmpdir(), "dstream-"));
const setups = [
  { mode: "local", conf: {} },
  {
    mode: "local-cluster",
    conf: { "spark.python.unix.domain.socket.enabled": "true", "spark.python.unix.domain.socket.dir": socketDir },
  },
] as const;

/** Partitions of `count` rows each, numbered from 1. */
function numbers(count: number, partitions: number): Relation {
  const rows = sqlRows(`explode(sequence(1, ${count})) as id`);
  return union(Array.from({ length: partitions }, () => rows));
}

interface Counted {
  readonly count: number;
  readonly pid: number;
  readonly partitionId: number;
  readonly attemptNumber: number;
  readonly sparkVersion: string;
}

for (const { mode, conf } of setups) {
  describe(mode, () => {
    let spark: SparkServer;
    let session: EchoSession;
    before(async () => {
      spark = await startSpark({ mode, conf });
      session = await EchoSession.open(spark.url);
    });
    after(async () => {
      await session?.[Symbol.asyncDispose]();
      await spark?.stop();
    });
    const count = async (command: string, input: Relation, signal?: AbortSignal): Promise<Counted[]> => {
      const rows = await session.run(command, input, ["id"], { text: "string" }, signal);
      return rows.map(([text]) => JSON.parse(text as string)).sort((a, b) => a.partitionId - b.partitionId);
    };

    test("values of all types that rows have, and nulls, go to the worker and back", async () => {
      const input = project(numbers(4, 1), [
        sqlExpression("id as i"),
        sqlExpression("cast(id - 3 as bigint) * 1000000000000 as l"),
        sqlExpression("if(id = 2, null, concat('größer ', id)) as t"),
        sqlExpression("if(id = 3, null, cast(concat('b', id) as binary)) as b"),
      ]);
      const columns = { i: "integer", l: "long", t: "string", b: "binary" } as const;
      assert.deepEqual(await session.run("echo", input, Object.keys(columns), columns), [
        [1, -2_000_000_000_000, "größer 1", "b1"],
        [2, -1_000_000_000_000, null, "b2"],
        [3, 0, "größer 3", null],
        [4, 1_000_000_000_000, "größer 4", "b4"],
      ]);
    });

    test("a hundred thousand rows go through the worker and all come back", async () => {
      const input = project(numbers(50_000, 2), [
        sqlExpression("cast(id as bigint) as id"),
        sqlExpression("repeat('x', 100) as t"),
      ]);
      const rows = await session.run("echo", input, ["id", "t"], { id: "long", t: "string" });
      assert.equal(rows.length, 100_000);
      assert.equal(
        rows.reduce((sum, [id]) => sum + (id as number), 0),
        50_000 * 50_001,
      );
    });

    test("the same processes serve query after query", async () => {
      const pids = new Set<number>();
      for (let i = 0; i < 10; i++) {
        const tasks = await count("count", numbers(100, 2));
        assert.deepEqual(
          tasks.map(({ count }) => count),
          [100, 100],
        );
        for (const { pid } of tasks) pids.add(pid);
      }
      assert.equal(pids.size, 2);
    });

    test("an error in the worker fails the query with its message and stack", async () => {
      await assert.rejects(count("fail", numbers(10, 1)), (error: unknown) => {
        assert.ok(error instanceof DStreamError, String(error));
        assert.equal(error.code, "USER_FUNCTION_FAILED");
        const cause = error.cause as Error;
        assert.deepEqual([cause.name, cause.message], ["TypeError", "failed as it was told"]);
        assert.match(cause.stack ?? "", /\n {4}at .*\bfail \(/);
        return true;
      });
    });

    test("an interrupted query lets its workers go, and the next query runs", async () => {
      const interrupt = new AbortController();
      const waiting = count("wait", numbers(1, 2), interrupt.signal);
      setTimeout(() => interrupt.abort(new Error("enough")), 1000);
      await assert.rejects(waiting, /enough/);
      assert.deepEqual(
        (await count("count", numbers(7, 2))).map(({ count }) => count),
        [7, 7],
      );
    });

    test("a query that is interrupted while its functions never yield lets its workers go, too", async () => {
      const before = await count("count", numbers(1, 2));
      const interrupt = new AbortController();
      const spinning = count("spin", numbers(1, 2), interrupt.signal);
      setTimeout(() => interrupt.abort(new Error("enough")), 1000);
      await assert.rejects(spinning, /enough/);
      assert.deepEqual(
        (await count("count", numbers(7, 2))).map(({ count }) => count),
        [7, 7],
      );
      // Spark kills workers some seconds after it has cancelled their tasks.
      for (const { pid } of before) await processGone(pid);
    });

    if (mode === "local-cluster") {
      test("a worker killed in mid-task is replaced and its task run again", async () => {
        const tasks = await count("dieOnce", numbers(1000, 2));
        assert.deepEqual(
          tasks.map(({ count, attemptNumber }) => [count, attemptNumber]),
          [
            [1000, 1],
            [1000, 1],
          ],
        );
      });

      test("a task that was failed by a stray promise is run again, in another process", async () => {
        const tasks = await count("strayOnce", numbers(1000, 2));
        assert.deepEqual(
          tasks.map(({ count, attemptNumber }) => [count, attemptNumber]),
          [
            [1000, 1],
            [1000, 1],
          ],
        );
      });
    }
  });
}

after(() => rmSync(socketDir, { recursive: true }));
