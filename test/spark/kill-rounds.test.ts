import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { DriverProcess } from "../support/exactly-once/driver-process.ts";
import { World } from "../support/exactly-once/world.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";

// A job with state and exactly-once output runs on two executors while executors, its driver, or both are killed, round by round. The
// seed is printed; DSTREAM_SEED repeats a run as far as the machine's timing allows, DSTREAM_ROUNDS=20 is a long run.

const seed = Number(process.env.DSTREAM_SEED ?? Date.now() % 1_000_000);
const numRounds = Number(process.env.DSTREAM_ROUNDS ?? 3);
const timeoutMs = Math.max(900_000, numRounds * 120_000);
const victims = ["an executor", "the driver", "both"] as const;
const pauseMs = 10;
/** Longer than a batch takes, so that none has to wait for those before it. */
const batchInterval = 2_000;
/** Records that must come out before the next kill, so that each life has committed something. */
const goesOnFor = 20;
const deadlineMs = 300_000;
/** What a dead executor had of a shuffle is given up soon, not after 15 s. */
const conf = { "spark.shuffle.io.maxRetries": "1", "spark.shuffle.io.retryWait": "1s" };

const title = `${numRounds} rounds of killed executors and drivers cost no record and double none (seed ${seed})`;
test(title, { timeout: timeoutMs }, async (t) => {
  const beganAt = performance.now();
  const spark = await startSpark({ mode: "local-cluster", conf });
  const ends: (() => Promise<unknown>)[] = [() => spark.stop()];
  // In front of the world's own end: the broker must outlive those who talk to it.
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const random = seededRandom(seed);
  const world = await World.make(t, 0);
  const job = new DriverProcess({ ...world.jobOptions, master: spark.url, batchInterval });
  ends.push(() => job.kill());
  const stopFeeding = world.feed(pauseMs);
  ends.push(stopFeeding);
  const hasCopied = async (numRecords: number): Promise<void> => {
    const deadline = performance.now() + deadlineMs;
    while ((await world.checkOutputSoFar()) < numRecords) {
      job.check();
      if (performance.now() > deadline) throw new Error(`not ${numRecords} records within ${deadlineMs} ms`);
      await delay(100);
    }
  };
  for (let round = 0; round < numRounds; round++) {
    await hasCopied(world.numSent + goesOnFor);
    await delay(random(1_000));
    t.diagnostic(`round ${round + 1} after ${Math.round(performance.now() - beganAt)} ms, ${world.numSent} records`);
    const victim = victims[round % victims.length];
    if (victim !== "the driver") await killExecutor(spark, random);
    if (victim !== "an executor") await job.restart();
  }
  await hasCopied(world.numSent + goesOnFor);
  await stopFeeding();
  await hasCopied(world.numSent);
  await job.end();
  await world.checkOutput();
  t.diagnostic(`${world.numSent} records`);
});

async function killExecutor(spark: SparkServer, random: (below: number) => number): Promise<void> {
  const executors = await spark.executors();
  process.kill(executors[random(executors.length)] as number, "SIGKILL");
}
