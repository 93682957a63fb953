import { type KafkaSourceOptions, KafkaUtils, type Logger, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";

type Options = Pick<KafkaSourceOptions<string, string, "fail">, "onLogTruncation" | "onOffsetOutOfRange">;

export interface JobOptions extends Options {
  readonly checkpointDir?: string;
  readonly clock?: ManualClock;
  readonly logger?: Logger;
  /** Runs in a task before the stream's own reads, when the batch is planned. */
  readonly inTask?: () => Promise<void>;
  readonly fails?: boolean;
}

export interface CollectingJob {
  readonly ssc: StreamingContext;
  /** First offset and end of the batches so far, of the only partition. */
  readonly ranges: readonly (readonly [number, number])[];
  /** Runs the batch of the next second; returns its values, none where the job ends with it. */
  next(): Promise<string[]>;
  /** Rejects with the error that ends the job. */
  readonly ended: Promise<void>;
}

/** A job on `local`, moved by a manual clock, that collects the values of each batch of a topic. */
export async function startCollectingJob(
  brokers: readonly string[],
  topic: string,
  options: JobOptions = {},
): Promise<CollectingJob> {
  const { checkpointDir, clock = new ManualClock(), logger, inTask, fails = false, ...policies } = options;
  const ssc = new StreamingContext({
    appName: "truncation",
    batchInterval: 1_000,
    master: "local",
    clock,
    ...(checkpointDir !== undefined && { checkpointDir }),
    ...(logger !== undefined && { logger }),
  });
  if (inTask !== undefined) {
    ssc.queueStream([["once"]]).foreachPartition(async (rows) => {
      for (const _row of rows) await inTask();
    });
  }
  const batches: string[][] = [];
  const ranges: [number, number][] = [];
  KafkaUtils.createDirectStream(ssc, { brokers, topics: [topic], autoOffsetReset: "earliest", ...policies })
    .map(({ value }) => value)
    .foreachRDD(async (rdd) => {
      if (fails) throw new Error("not today");
      ranges.push(
        ...rdd.offsetRanges.map(({ fromOffset, untilOffset }): [number, number] => [fromOffset, untilOffset]),
      );
      batches.push(await rdd.collect());
    });
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  const next = async (): Promise<string[]> => {
    const before = batches.length;
    await clock.advance(1_000);
    return batches.slice(before).flat();
  };
  try {
    await ssc.start();
  } catch (error) {
    await ssc.stop();
    throw error;
  }
  return { ssc, ranges, next, ended };
}
