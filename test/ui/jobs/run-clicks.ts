import type { TestContext } from "node:test";
import type { BatchInfo, StreamingContext, StreamingContextOptions } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { clicksJob, partitions, sendClicks } from "./clicks.ts";

export interface RunningClicks {
  readonly ssc: StreamingContext;
  readonly completed: BatchInfo[];
  /** No clicks come any more. */
  stopSending(): Promise<void>;
}

/** The job of `clicks.ts` on two worker threads, with a page, a broker and clicks that come; all of it ends with the test. */
export async function runClicks(t: TestContext, options: Partial<StreamingContextOptions>): Promise<RunningClicks> {
  const broker = await EmbeddedBroker.start();
  const brokers = broker.bootstrapServers;
  process.env.DSTREAM_BROKERS = brokers;
  await broker.createTopic("clicks", { partitions });
  const stopSending = sendClicks(brokers);
  const jobFile = new URL("./clicks.ts", import.meta.url);
  const shown = { master: "local[2]", jobFile, ui: { port: 0 }, checkpointDir: temporaryDirectory(t) };
  const ssc = clicksJob(brokers, { ...shown, ...options });
  const completed: BatchInfo[] = [];
  ssc.addStreamingListener({ onBatchCompleted: ({ batchInfo }) => void completed.push(batchInfo) });
  t.after(async () => {
    await ssc.stop();
    await stopSending();
    await broker.stop();
  });
  await ssc.start();
  return { ssc, completed, stopSending };
}
