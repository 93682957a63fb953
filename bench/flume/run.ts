// npm run bench:flume: events a second that a real Flume agent sends to a job with a FlumeReceiver, by the number of its sinks, their
// batch-size and the interval. Each run is a new agent and a new job; results, with the machine's load before each, go to
// bench/results/flume.json.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  avroSink,
  FlumeAgent,
  fileChannel,
  flumeLibraries,
  flumeVersion,
  properties,
} from "../../test/support/flume/flume-agent.ts";
import { freePort } from "../../test/support/free-port.ts";
import { fromSources } from "../../test/support/from-sources.ts";
import { endProcess, startProcess } from "../../test/support/processes.ts";

interface Run {
  readonly sinks: number;
  readonly batchSize: number;
  readonly interval: number;
  /** What each batch of the job takes besides, in ms. Default 0. */
  readonly batchMs?: number;
  readonly channel: "memory" | "file";
  /** Whether the sinks are in a sink group, which has one thread. */
  readonly isGroup?: boolean;
}

const bodyBytes = 200;
const runs: readonly Run[] = [
  { sinks: 1, batchSize: 1_000, interval: 100, channel: "memory" },
  { sinks: 1, batchSize: 1_000, interval: 1_000, channel: "memory" },
  { sinks: 1, batchSize: 1_000, interval: 100, batchMs: 60, channel: "memory" },
  { sinks: 1, batchSize: 1_000, interval: 100, batchMs: 130, channel: "memory" },
  { sinks: 4, batchSize: 1_000, interval: 100, channel: "memory" },
  { sinks: 4, batchSize: 1_000, interval: 100, channel: "memory", isGroup: true },
  { sinks: 8, batchSize: 1_000, interval: 100, channel: "memory" },
  { sinks: 8, batchSize: 1_000, interval: 100, channel: "file" },
  { sinks: 8, batchSize: 10_000, interval: 1_000, channel: "memory" },
  { sinks: 16, batchSize: 2_000, interval: 200, channel: "memory" },
];
/** How long the sinks should take, about. */
const seconds = 12;

async function measure({ sinks, batchSize, interval, channel, batchMs = 0, isGroup = false }: Run): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "dstream-"));
  const load = Number(loadavg()[0]?.toFixed(1));
  const [port, threads] = [await freePort(), isGroup ? 1 : sinks];
  const events = Math.round((threads * batchSize * seconds * 1_000) / interval / 2);
  const names = Array.from({ length: sinks }, (_, i) => `k${i + 1}`);
  const [capacity, transactionCapacity] = [20 * batchSize * sinks, Math.max(batchSize, 1_000)];
  const source = { type: "org.apache.flume.source.StressSource", size: bodyBytes, batchSize: 1_000, channels: "c1" };
  const group = {
    sinkgroups: "g1",
    "sinkgroups.g1.sinks": names.join(" "),
    "sinkgroups.g1.processor.type": "load_balance",
  };
  const agent = new FlumeAgent(
    folder,
    properties({
      ...{ sources: "s1", channels: "c1", sinks: names.join(" "), ...(isGroup && group) },
      ...Object.fromEntries(Object.entries(source).map(([name, value]) => [`sources.s1.${name}`, value])),
      ...(channel === "file" ? fileChannel("c1", folder) : { "channels.c1.type": "memory" }),
      ...{ "channels.c1.capacity": capacity, "channels.c1.transactionCapacity": transactionCapacity },
      ...Object.assign({}, ...names.map((name) => avroSink(name, "c1", port, { "batch-size": batchSize }))),
    }),
    { java: ["-Xmx1g"] },
  );
  const arguments_ = [fromSources, "bench/flume/count-job.ts", port, interval, batchMs, events].map(String);
  const job = startProcess(process.execPath, arguments_);
  let result: object | undefined;
  for await (const line of createInterface({ input: job.stdout as NodeJS.ReadableStream })) {
    if (line === "listening") await agent.start();
    else result = JSON.parse(line);
  }
  await agent.kill();
  await endProcess(job);
  rmSync(folder, { recursive: true });
  if (result === undefined) throw new Error(`the job ended without a result`);
  return { sinks, isGroup, batchSize, interval, batchMs, channel, load, ...result };
}

await flumeLibraries();
const results: object[] = [];
for (const run of runs) {
  const result = await measure(run);
  console.log(JSON.stringify(result));
  results.push(result);
}
const summary = {
  command: "npm run bench:flume",
  cpu: `${cpus().length} × ${cpus()[0]?.model}`,
  versions: { node: process.version, flume: flumeVersion },
  bodyBytes,
  results,
};
writeFileSync("bench/results/flume.json", `${JSON.stringify(summary, undefined, 2)}\n`);
