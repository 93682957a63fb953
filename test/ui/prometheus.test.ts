import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { freePort } from "../support/free-port.ts";
import { endProcess, startProcess } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/ui/until.ts";

const skip = ["/usr/bin/prometheus", "/usr/bin/promtool"].every(existsSync)
  ? false
  : "needs apt-get install prometheus";

async function steadyJob(): Promise<StreamingContext> {
  const ssc = new StreamingContext({ appName: "scraped", batchInterval: 100, master: "local", ui: { port: 0 } });
  const rows = ssc.queueStream(Array.from({ length: 10_000 }, () => ["a", "b"])).name('li"ne\\s');
  rows.foreachRDD(() => {});
  await ssc.start();
  return ssc;
}

interface Vector {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

test("Prometheus scrapes a job that runs, and has its values", { skip }, async (t) => {
  const ssc = await steadyJob();
  const folder = temporaryDirectory(t);
  const config = join(folder, "prometheus.yml");
  const target = new URL(ssc.uiUrl as string).host;
  writeFileSync(
    config,
    `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n  - job_name: words\n    static_configs: [{ targets: ["${target}"] }]\n`,
  );
  const port = await freePort();
  const listens = `--web.listen-address=127.0.0.1:${port}`;
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    listens,
    "--log.level=error",
  ];
  const prometheus = startProcess("prometheus", flags);
  const said: string[] = [];
  prometheus.stderr?.setEncoding("utf8").on("data", (text: string) => said.push(text));
  prometheus.stdout?.resume();
  t.after(async () => {
    await endProcess(prometheus, "SIGKILL");
    await ssc.stop();
  });
  const value = async (query: string): Promise<number | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`).catch(
      () => {},
    );
    if (!answer?.ok) return undefined;
    const [first] = ((await answer.json()) as Vector).data.result;
    return first && Number(first.value[1]);
  };
  await until(async () => (await value('up{job="words"}')) === 1);
  const before = ssc.progress.batchesCompleted;
  await until(async () => ((await value("dstream_batches_completed_total")) ?? 0) >= before);
  await until(async () => ((await value("rate(dstream_records_total[5s])")) ?? 0) > 5);
  await until(async () => ((await value("dstream_batch_processing_seconds_count")) ?? 0) > 0);
  assert.ok(((await value("histogram_quantile(0.5, rate(dstream_batch_total_delay_seconds_bucket[10s]))")) ?? 99) < 5);
  assert.equal(said.join(""), "");
});

test("promtool finds nothing wrong with the text of Prometheus 0.0.4", { skip }, async (t) => {
  const ssc = await steadyJob();
  t.after(() => ssc.stop());
  await until(() => ssc.progress.batchesCompleted > 3);
  const response = await fetch(`${ssc.uiUrl}/metrics`, { headers: { accept: "text/plain" } });
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const promtool = spawn("promtool", ["check", "metrics"], { stdio: ["pipe", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [promtool.stdout, promtool.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
  }
  promtool.stdin.end(await response.text());
  const [code] = (await once(promtool, "close")) as [number];
  assert.deepEqual([code, said.join("")], [0, ""]);
});
