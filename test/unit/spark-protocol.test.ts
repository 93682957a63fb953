import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ByteSource } from "../../src/cluster/spark/arrow/read/byte-source.ts";
import { findDialect } from "../../src/cluster/spark/versions/find-dialect.ts";
import { MemorySource } from "../../src/cluster/spark/worker/io/memory-source.ts";
import { SocketSource } from "../../src/cluster/spark/worker/io/socket-source.ts";
import { FrameReader } from "../../src/cluster/spark/worker/protocol/framing.ts";
import { type Answer, EchoDaemon, readAnswer } from "../support/spark-peer.ts";

// What real Sparks and the worker sent each other, replayed: the worker must answer as it did then. Seven tasks: echo twice,
// silence, echo of nothing, ignore, fail; and on a second connection, since a failed worker is not used again, failLate.

const recordings = new URL("../spark-protocol/recordings/", import.meta.url);

for (const name of readdirSync(recordings)) {
  for (const pieces of ["in one piece", "byte by byte"] as const) {
    test(`the worker answers Spark ${name} as it was recorded, sent ${pieces}`, async () => {
      const overTcp = name.endsWith("-tcp");
      const { taskTimes } = findDialect(name)?.dialect ?? assert.fail(name);
      const socketDir = overTcp ? undefined : mkdtempSync(join(tmpdir(), "dstream-"));
      await using daemon = await EchoDaemon.start(socketDir === undefined ? {} : { socketDir });
      for (const [connection, numTasks] of [
        ["connection-0", 6],
        ["connection-1", 1],
      ] as const) {
        const file = (end: string): Buffer => readFileSync(new URL(`${name}/${connection}.${end}`, recordings));
        const socket = await daemon.connect();
        // A worker that failed ends the connection itself.
        const closed = once(socket, "close");
        const answers = readAnswers(new SocketSource(socket), overTcp, taskTimes);
        await send(file("spark"), pieces, (bytes) => socket.write(bytes));
        const recorded = await readAnswers(new MemorySource(file("worker")), overTcp, taskTimes);
        assert.equal(recorded.length, numTasks);
        assert.deepEqual(await answers, recorded);
        socket.end();
        await closed;
      }
      if (socketDir !== undefined) rmSync(socketDir, { recursive: true });
    });
  }
}

async function send(
  bytes: Buffer,
  pieces: "in one piece" | "byte by byte",
  write: (bytes: Buffer) => boolean,
): Promise<void> {
  if (pieces === "in one piece") {
    write(bytes);
    return;
  }
  for (let at = 0; at < bytes.length; at++) {
    write(bytes.subarray(at, at + 1));
    // Lets the byte leave by itself.
    if (at % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** All answers of a connection up to the one that failed; the process's id, times and stacks left out. */
async function readAnswers(source: ByteSource, overTcp: boolean, taskTimes: number): Promise<Answer[]> {
  const reader = new FrameReader(source);
  assert.ok((await reader.int()) > 0);
  if (overTcp) assert.equal(await reader.string(), "ok");
  const answers: Answer[] = [];
  for (;;) {
    const { rows, error } = await readAnswer(source, taskTimes);
    answers.push({ rows, error: error && /failed as it was told/.exec(error)?.[0] });
    if (error !== undefined) return answers;
    assert.equal(await reader.int(), -4);
  }
}
