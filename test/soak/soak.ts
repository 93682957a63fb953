import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { KafkaProducer } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { uniqueId } from "../../src/runtime/machine/random.ts";
import { CommittedTopic } from "../support/exactly-once/committed-topic.ts";
import { CopyLedger, type Entry, TotalsLedger, type Verdict } from "../support/exactly-once/ledger.ts";
import { type Topics, topicsOf } from "../support/exactly-once/running-totals.ts";
import { fromSources } from "../support/from-sources.ts";
import { onEnd } from "../support/processes.ts";
import { seededRandom } from "../support/seeded-random.ts";

export interface SoakOptions {
  readonly brokers: string;
  readonly kills: number;
  readonly records: number;
  readonly seed: number;
  /** Default "local". */
  readonly master?: string;
  /** The longest that a life may be, in ms; default 3,000. Where a start takes long, shorter ones would end before any work. */
  readonly longestLifeMs?: number;
  /** Told what happens. */
  readonly log?: (line: string) => void;
}

export interface SoakReport extends Verdict {
  /** Keys whose running totals do not add up. */
  readonly wrongTotals: readonly string[];
  readonly kills: number;
  /** Kills that came when there were records left to read. */
  readonly killsAtWork: number;
  /** Records that were copied before the last life, which is not killed. */
  readonly copiedBetweenKills: number;
  /** What readers of committed records saw twice, out of order or unasked for, when they looked after each kill. */
  readonly faultsSeenMeanwhile: number;
  /** Milliseconds. */
  readonly duration: number;
}

const program = fileURLToPath(new URL("./soak-job.ts", import.meta.url));
const numPartitions = 4;
const keys = 1_000;
const batchInterval = 100;
/** A life is long enough to start and, mostly, to run some batches. */
const lifeMs = { least: 700, most: 3_000 };
/** What is to be read is spread over the lives: so much of each is work. */
const workMsOfLife = 1_800;
const finishMs = 600_000;
const appName = "running-totals";

/** Kills a job with state and transactional output with SIGKILL at random moments, and compares what it wrote with what it read. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { brokers, kills, records, seed, master = "local", longestLifeMs = lifeMs.most, log = () => {} } = options;
  const startedAt = Date.now();
  const topics = topicsOf(`soak-${uniqueId(thisMachine.random)}-`);
  const directory = mkdtempSync(join(tmpdir(), "dstream-soak-"));
  await fill(brokers, topics, records);
  log(`${records} records are in ${topics.input}`);
  const maxRatePerPartition = Math.ceil((records * 1_000) / (Math.max(1, kills) * workMsOfLife * numPartitions));
  const jobOptions = {
    brokers,
    master,
    batchInterval,
    maxRatePerPartition,
    checkpointDir: join(directory, "checkpoint"),
    prefix: topics.input.replace(/input$/, ""),
  };
  const random = seededRandom(seed);
  const copies = new CommittedTopic(brokers, topics.copies);
  const seenMeanwhile = copyLedger(records);
  let killsAtWork = 0;
  try {
    for (let kill = 1; kill <= kills; kill++) {
      await live(jobOptions, lifeMs.least + random(longestLifeMs - lifeMs.least));
      const isAtWork = !(await hasReadAll(brokers, topics.input));
      if (isAtWork) killsAtWork++;
      for await (const entry of copies.read()) seenMeanwhile.add(entry);
      const { lost } = seenMeanwhile.verdict();
      log(`kill ${kill} of ${kills}${isAtWork ? "" : ", idle"}; ${records - lost} records are copied`);
    }
    await finish(jobOptions, topics.input);
    const { lost, duplicated, foreign, outOfOrder } = seenMeanwhile.verdict();
    return {
      ...(await checkCopies(brokers, topics.copies, records)),
      wrongTotals: await checkTotals(brokers, topics.totals, records),
      kills,
      killsAtWork,
      copiedBetweenKills: records - lost,
      faultsSeenMeanwhile: duplicated + foreign + outOfOrder,
      duration: Date.now() - startedAt,
    };
  } finally {
    await copies.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The record that went in as the one at `place`. */
function inputEntry(place: number): Entry {
  return { key: `key ${place % keys}`, value: String(place) };
}

async function fill(brokers: string, { input, copies, totals }: Topics, records: number): Promise<void> {
  const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
  for (const topic of [input, copies, totals]) await client.createTopic(topic, numPartitions);
  await client.close();
  const producer = new KafkaProducer({ brokers: [brokers] });
  for (let place = 0; place < records; place++) {
    const room = producer.append({ topic: input, ...inputEntry(place) });
    if (room !== undefined) await room;
  }
  await producer.close();
}

function copyLedger(records: number): CopyLedger {
  return new CopyLedger(records, ({ key, value }) => {
    const place = Number(value);
    const isOurs = Number.isSafeInteger(place) && place >= 0 && place < records;
    const entry = isOurs ? inputEntry(place) : undefined;
    return entry?.key === key && entry.value === value ? place : undefined;
  });
}

/** Reads all copies from the beginning. */
async function checkCopies(brokers: string, topic: string, records: number): Promise<Verdict> {
  const ledger = copyLedger(records);
  await readAll(brokers, topic, (entry) => ledger.add(entry));
  return ledger.verdict();
}

async function checkTotals(brokers: string, topic: string, records: number): Promise<string[]> {
  const ledger = new TotalsLedger();
  await readAll(brokers, topic, (entry) => ledger.add(entry));
  const counts = new Map<string, number>();
  for (let place = 0; place < records; place++) {
    const { key } = inputEntry(place);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return ledger.wrong(counts);
}

async function readAll(brokers: string, topic: string, look: (entry: Entry) => void): Promise<void> {
  const committed = new CommittedTopic(brokers, topic);
  try {
    for await (const entry of committed.read()) look(entry);
  } finally {
    await committed.close();
  }
}

function start(jobOptions: object): ChildProcess {
  const child = spawn(process.execPath, [fromSources, program, JSON.stringify(jobOptions)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  child.once(
    "exit",
    onEnd(() => child.kill("SIGKILL")),
  );
  return child;
}

/** One life of the job. @throws when it ends by itself. */
async function live(jobOptions: object, ms: number): Promise<void> {
  const child = start(jobOptions);
  const exit = once(child, "exit") as Promise<[number | null, string | null]>;
  await Promise.race([delay(ms), exit]);
  child.kill("SIGKILL");
  const [code, signal] = await exit;
  if (signal !== "SIGKILL") throw new Error(`the job ended by itself with exit code ${code}`);
}

/** The last life: until everything is read and committed. @throws when the job fails, or takes too long. */
async function finish(jobOptions: { readonly brokers: string }, topic: string): Promise<void> {
  const child = start(jobOptions);
  const exit = once(child, "exit") as Promise<[number | null, string | null]>;
  const deadline = Date.now() + finishMs;
  while (child.exitCode === null && Date.now() < deadline && !(await hasReadAll(jobOptions.brokers, topic))) {
    await delay(100);
  }
  child.kill("SIGTERM");
  const [code, signal] = await exit;
  // Where the lives before had read everything, the signal may come before the program listens for it.
  if (code !== 0 && signal !== "SIGTERM") throw new Error(`the job ended with exit code ${code}, signal ${signal}`);
}

/** Whether the batches that are committed have read to the end of the input, as the job's group tells. */
async function hasReadAll(brokers: string, topic: string): Promise<boolean> {
  const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
  try {
    const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
    const ends = await client.listOffsets(partitions, "latest", "read_committed");
    const read = (await client.committedOffsets(appName)).filter((offset) => offset.topic === topic);
    return ends.every((end) =>
      read.some(({ partition, offset }) => partition === end.partition && offset === end.offset),
    );
  } finally {
    await client.close();
  }
}
