import { setTimeout as delay } from "node:timers/promises";
import type { ArrowBatch } from "../../src/cluster/spark/arrow/read/arrow-batch.ts";
import type { ArrowColumn } from "../../src/cluster/spark/arrow/read/arrow-column.ts";
import type { CellValue } from "../../src/cluster/spark/arrow/write/column-builder.ts";
import type { FunctionHost } from "../../src/cluster/spark/worker/function-host.ts";
import { runWorkerProgram } from "../../src/cluster/spark/worker/worker-program.ts";

// A worker for tests of what carries tasks to it: it does what its command says (a word of the table below) with columns of
// utf8, binary, int32 and int64.

const commands: Record<string, FunctionHost["run"]> = {
  /** Sends each row back as it came. */
  async echo(_task, input, output) {
    let rows: ReturnType<typeof output.open> | undefined;
    for await (const batch of input) {
      const columns = batch.columns.map(({ field }) => ({ name: field.name, type: field.type as "utf8" }));
      rows ??= output.open(columns);
      for (let i = 0; i < batch.numRows; i++) rows.append(...cells(batch, i));
      await output.flush();
    }
  },
  /** Counts rows and says which process did it, and for which task. */
  async count({ partitionId, attemptNumber, stageId, dialect }, input, output) {
    let count = 0;
    for await (const batch of input) count += batch.numRows;
    output
      .open([{ name: "text", type: "utf8" }])
      .append(
        JSON.stringify({ count, pid: process.pid, partitionId, attemptNumber, stageId, sparkVersion: dialect.version }),
      );
  },
  /** Sends nothing. */
  async silence(_task, input) {
    for await (const _ of input);
  },
  /** Leaves its input unread. */
  async ignore() {},
  async fail(_task, input) {
    for await (const _ of input) throw new TypeError("failed as it was told");
  },
  /** Fails behind a row that was sent already. */
  async failLate(_task, _input, output) {
    output.open([{ name: "text", type: "utf8" }]).append("sent");
    await output.flush();
    throw new TypeError("failed as it was told");
  },
  /** Fails outside the task, where nothing catches it. */
  async stray() {
    void Promise.reject(new TypeError("a stray promise"));
    await delay(60_000);
  },
  /** Counts rows, but ends its process in the middle of each first attempt. */
  async dieOnce(task, input, output, signal) {
    if (task.attemptNumber === 0) {
      for await (const _ of input) process.kill(process.pid, "SIGKILL");
    }
    await commands.count?.(task, input, output, signal);
  },
  /** Counts rows, but fails outside each first attempt. */
  async strayOnce(task, input, output, signal) {
    await commands[task.attemptNumber === 0 ? "stray" : "count"]?.(task, input, output, signal);
  },
  /** Prints, and waits until nobody waits for it. */
  async wait(_task, _input, _output, signal) {
    console.log("waiting");
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    console.log("aborted");
  },
  /** Waits for nothing, and keeps the thread. */
  async spin() {
    console.log("spinning");
    for (;;);
  },
  /** Takes its rows one batch at a time, slower than they come, and says how much memory that took at most. */
  async slow(_task, input, output) {
    let mib = 0;
    for await (const _ of input) {
      await delay(1);
      mib = Math.max(mib, memoryMib());
    }
    output.open([{ name: "mib", type: "int32" }]).append(mib);
  },
  /** Sends 256 rows of 1 MiB, each with the memory in use. */
  async flood(_task, _input, output) {
    const rows = output.open([
      { name: "mib", type: "int32" },
      { name: "block", type: "binary" },
    ]);
    for (let i = 0; i < 256; i++) {
      rows.append(memoryMib(), new Uint8Array(2 ** 20));
      await output.flush();
    }
  },
  /** Keeps more and more, behind a row that was sent already. */
  async fillHeap(_task, _input, output) {
    output.open([{ name: "text", type: "utf8" }]).append("sent");
    await output.flush();
    for (let i = 0; ; i++) kept.push({ i, text: `number ${i}` });
  },
  /** Keeps 1 GiB that the heap knows nothing of. */
  async fillBuffers() {
    for (let i = 0; i < 16; i++) kept.push(Buffer.alloc(2 ** 26, 7));
  },
  /** Ends its process by itself. */
  async exit() {
    process.exit(3);
  },
  /** Says that the session is over. */
  async over() {
    host.isOver = true;
  },
  /** Wants the worker to leave soon when no task comes. */
  async hurry() {
    host.idleMs = 300;
  },
  /** What the process holds once garbage is collected. */
  async usage(_task, _input, output) {
    globalThis.gc?.();
    output
      .open([
        { name: "heapBytes", type: "int64" },
        { name: "resources", type: "int32" },
        { name: "listeners", type: "int32" },
      ])
      .append(process.memoryUsage().heapUsed, process.getActiveResourcesInfo().length, listeners());
  },
};

const kept: unknown[] = [];
const memoryMib = (): number => Math.ceil(process.memoryUsage().rss / 2 ** 20);

function listeners(): number {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}

function cells(batch: ArrowBatch, i: number): CellValue[] {
  return batch.columns.map((column: ArrowColumn) => {
    if (column.isNull(i)) return null;
    if (column.field.type === "utf8") return column.text(i);
    return column.field.type === "binary" ? column.bytes(i) : column.int(i);
  });
}

const host = {
  idleMs: undefined as number | undefined,
  isOver: false as boolean,
  run(...[task, input, output, signal]: Parameters<FunctionHost["run"]>): Promise<void> {
    const name = Buffer.from(task.command).toString("utf8");
    const command = commands[name];
    if (command === undefined) throw new Error(`no command ${name}`);
    return command(task, input, output, signal);
  },
} satisfies FunctionHost;

await runWorkerProgram(process.argv.slice(2), async () => host);
