// What a batch of an exactly-once job cannot do without: a bare loop of its syncs (three of the journal, one of a state file, one of
// that file's folder), and of a transaction with one record and its marker, with our own client. floor.ts BROKERS TOPIC. Prints
// milliseconds, median and 99th percentile.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TransactionalSession } from "../../src/kafka/transactions/transactional-session.ts";
import { sinkOptionNames } from "../../src/plan/graph/output.ts";
import { nodeFileSystem } from "../../src/runtime/files/file-system.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { percentiles } from "../percentiles.ts";

const [brokers = "", topic = ""] = process.argv.slice(2);
const rounds = 300;
const journalSyncs = 3;

async function timesOf(round: (number: number) => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 2 * rounds; i++) {
    const startedAt = performance.now();
    await round(i);
    if (i >= rounds) times.push(performance.now() - startedAt);
  }
  return times;
}

async function syncs(): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), "dstream-"));
  const journal = await nodeFileSystem.open(join(folder, "journal"), "create");
  const line = Buffer.alloc(200, "x");
  try {
    return await timesOf(async (i) => {
      const state = await nodeFileSystem.open(join(folder, String(i)), "create");
      await state.write(line, 0);
      await state.sync();
      await state.close();
      await nodeFileSystem.syncDirectory(folder);
      for (let sync = 0; sync < journalSyncs; sync++) {
        await journal.write(line, (journalSyncs * i + sync) * line.length);
        await journal.sync();
      }
    });
  } finally {
    await journal.close();
    rmSync(folder, { recursive: true });
  }
}

async function transactions(): Promise<number[]> {
  const connection = { brokers: [brokers] };
  const session = new TransactionalSession({
    connection,
    machine: thisMachine,
    transactionalId: "floor",
    timeoutMs: 60_000,
    markerTopic: topic,
    producer: {},
    optionNames: sinkOptionNames,
  });
  try {
    await session.open();
    return await timesOf((i) =>
      session.commit(() => [[{ topic, value: "x" }]], { checkpoint: "floor", batch: i, attempt: String(i) }),
    );
  } finally {
    await session.close();
  }
}

console.log(JSON.stringify({ syncs: percentiles(await syncs()), transaction: percentiles(await transactions()) }));
