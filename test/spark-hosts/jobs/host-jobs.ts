import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { type DStream, KafkaUtils, type StreamingContext } from "dstream";
import { SteppedJobs } from "../../support/spark/stepped-jobs.ts";

// Jobs over a topic of words. In batch 2 a task that runs on one of the hosts `HELD_HOSTS`, at `HELD_LEVEL`, says that it is there and
// waits for the test, so that the test can break what it likes while the batch is under way.

/** Files on a host by which a task and the test meet. */
export const meeting = { there: "/tmp/there", go: "/tmp/go" } as const;
const longestHoldMs = 120_000;
const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

type Count = readonly [word: string, count: number];

function hold<T>(stage: number): (rows: Iterable<T>, info: { readonly batchTime: number }) => Iterable<T> {
  return (rows, { batchTime }) => {
    const { HELD_HOSTS = "", HELD_LEVEL = "0" } = process.env;
    const all = [...rows];
    const isHost = HELD_HOSTS.split(",").includes(hostname());
    if (batchTime !== 2_000 || all.length === 0 || !isHost || HELD_LEVEL !== String(stage)) return all;
    writeFileSync(meeting.there, "");
    const until = Date.now() + longestHoldMs;
    while (!existsSync(meeting.go) && Date.now() < until) pause(20);
    return all;
  };
}

const wordsOf = (ssc: StreamingContext, topic: string): DStream<string> =>
  KafkaUtils.createDirectStream(ssc, { topics: [topic], autoOffsetReset: "earliest" })
    .flatMap((record) => String(record.value).split(" "))
    .mapPartitions(hold(0));

const counted = (ssc: StreamingContext, topic: string): DStream<Count> =>
  wordsOf(ssc, topic)
    .map((word) => [word, 1] as const)
    .reduceByKey((a, b) => a + b)
    .mapPartitions(hold(1)) as DStream<Count>;

export const hostJobs = new SteppedJobs(import.meta.url, {
  /** Where each task ran, as which user, which of these files it found there, and which of these programs ran. */
  places: (ssc, paths) =>
    ssc.queueStream([[0, 1, 2, 3, 4, 5, 6, 7]], { numPartitions: 8 }).mapPartitions(() => {
      pause(300);
      const files = paths.split(",").filter((path) => existsSync(path));
      const runs = ["python3", "python", "node"].filter((program) => spawnSync(program, ["--version"]).status === 0);
      return [{ host: hostname(), uid: process.getuid?.(), files, runs }];
    }),
  /** How often each word is in the batch. */
  counts: counted,
  /** How often each word was there so far. */
  totals: (ssc, topic) =>
    wordsOf(ssc, topic)
      .map((word) => [word, 1] as const)
      .updateStateByKey<number>((ones, total = 0) => total + ones.length)
      .mapPartitions(hold(1)),
  /** The counts, which go to the topic `TOPIC-counts` exactly-once. */
  copies: (ssc, topic) => {
    const counts = counted(ssc, topic);
    counts.saveToKafka({ topic: `${topic}-counts` });
    return counts;
  },
});

await hostJobs.serve();
