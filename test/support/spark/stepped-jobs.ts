import { fileURLToPath } from "node:url";
import { type DStream, StreamingContext, type StreamingContextOptions } from "dstream";
import { ManualClock } from "dstream/testing";

// Jobs that a test moves batch by batch, on any cluster: a module makes one `SteppedJobs` of what it builds, and ends with
// `await jobs.serve()`, by which workers that load the module build the job that runs.

export type BuildStream = (ssc: StreamingContext, topic: string) => DStream<unknown>;
type Options = Pick<
  StreamingContextOptions,
  "master" | "maxBatchRetries" | "maxResultBytes" | "checkpointDir" | "workerEnv"
>;

export interface SteppedJob {
  /** Runs the next batch and returns its rows. @throws the error that ended the job. */
  next(): Promise<readonly unknown[]>;
  /** Rejects with the error that ends the job. */
  readonly ended: Promise<void>;
  /** `keepsSession`: the next job on the cluster uses the session of this one. */
  stop(options?: { readonly keepsSession?: boolean }): Promise<void>;
}

export class SteppedJobs<N extends string> {
  readonly #url: string;
  readonly #builds: Readonly<Record<N, BuildStream>>;
  /** One runs at a time; a test that fails leaves its job to the next. */
  #running: StreamingContext | undefined;

  constructor(url: string, builds: Readonly<Record<N, BuildStream>>) {
    this.#url = url;
    this.#builds = builds;
  }

  /** Builds the job in a worker, where the module is the program; does nothing where the tests run. */
  async serve(): Promise<void> {
    if (process.argv[1] !== fileURLToPath(this.#url)) return;
    const [name, topic, options] = process.argv.slice(2) as [N, string, string];
    await this.#context(name, topic, JSON.parse(options) as Options, new ManualClock(), () => {}).start();
  }

  /** Starts a job that reads `topic` wherever it likes to; its clock stands at 0. */
  async start(
    name: N,
    topic: string,
    { logger, ...options }: Options & Pick<StreamingContextOptions, "logger">,
  ): Promise<SteppedJob> {
    await this.#running?.stop();
    const clock = new ManualClock();
    let rows: readonly unknown[] = [];
    const own = { ...options, ...(logger !== undefined && { logger }) };
    const ssc = this.#context(name, topic, own, clock, (batch) => {
      rows = batch;
    });
    ssc.runAsTest({ arguments: [name, topic, JSON.stringify(options)], modules: [] });
    this.#running = ssc;
    const ended = ssc.awaitTermination();
    let failure: unknown;
    ended.catch((error: unknown) => {
      failure = error;
    });
    await ssc.start();
    return {
      ended,
      async next() {
        rows = [];
        await clock.advance(1_000);
        if (failure !== undefined) throw failure;
        return rows;
      },
      stop: ({ keepsSession = false } = {}) => ssc.stop({ stopCluster: !keepsSession }),
    };
  }

  #context(
    name: N,
    topic: string,
    options: Partial<StreamingContextOptions>,
    clock: ManualClock,
    collect: (rows: readonly unknown[]) => void,
  ): StreamingContext {
    const jobFile = new URL(this.#url);
    const ssc = new StreamingContext({ appName: `${name}-${topic}`, batchInterval: 1_000, jobFile, clock, ...options });
    this.#builds[name](ssc, topic).foreachRDD(async (rdd) => collect(await rdd.collect()));
    return ssc;
  }
}
