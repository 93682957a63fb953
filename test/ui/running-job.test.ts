import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type BatchInfo, type StreamingContext, seconds } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import type { Page } from "playwright-core";
import type { JobView } from "../../src/ui/views/page-data.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Chromium } from "../support/ui/chromium.ts";
import { until } from "../support/ui/until.ts";
import { clicksJob, partitions, sendClicks, slowPartition } from "./jobs/clicks.ts";

const chromium = new Chromium();
const jobFile = new URL("./jobs/clicks.ts", import.meta.url);
/** Where pictures for the guide are put, if anywhere. */
const pictures = process.env.DSTREAM_PICTURES;
const maxPictureBytes = 150_000;

interface Running {
  readonly ssc: StreamingContext;
  readonly completed: BatchInfo[];
  /** No clicks come any more. */
  stopSending(): Promise<void>;
}

async function runningJob(t: TestContext): Promise<Running> {
  const broker = await EmbeddedBroker.start();
  const brokers = broker.bootstrapServers;
  process.env.DSTREAM_BROKERS = brokers;
  await broker.createTopic("clicks", { partitions });
  const stopSending = sendClicks(brokers);
  const options = { master: "local[2]", jobFile, ui: { port: 0 }, checkpointDir: temporaryDirectory(t) };
  const ssc = clicksJob(brokers, { ...options, batchInterval: seconds(0.5) });
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

/** The number that a tile shows. */
async function tile(page: Page, name: string): Promise<number> {
  const text = await page
    .locator(`dt:text-is("${name}") + dd`)
    .evaluate((dd: any): string => dd.firstChild.textContent);
  return Number(text.replaceAll(",", ""));
}

test("a job that runs shows what ssc.progress says: charts, batches, graph; and the slow partition in a batch's Gantt chart", async (t) => {
  const { ssc, completed, stopSending } = await runningJob(t);
  const page = await chromium.open(t, ssc.uiUrl as string);
  await page.locator(".badge.running", { hasText: "keeps up" }).waitFor();
  assert.equal(await page.title(), "clicks – running");
  await until(() => completed.length >= (pictures === undefined ? 8 : 90), 90_000);
  // It stands still for the comparison, as far as a job does.
  await stopSending();
  const { length } = completed;
  await until(() => completed.slice(length).some(({ numRecords }) => numRecords === 0));
  const { recordsProcessed } = ssc.progress;
  await until(async () => (await tile(page, "Records")) === recordsProcessed);
  assert.ok((await tile(page, "Batches")) >= length);

  for (const title of ["Input rate", "Processing time and scheduling delay", "Total delay", "Phases", "Lag"]) {
    await page.locator(`figure.chart:has(figcaption:has-text("${title}")) canvas`).first().waitFor();
  }
  await page.locator('[role="img"][aria-label^="Entries of state: 5, "]').waitFor();
  const view = (await (await fetch(`${ssc.uiUrl}/api/v1/job`)).json()) as JobView;
  const shown = new Map(view.batches.map((row) => [row.time, row]));
  for (const { batchTime, ...batch } of ssc.progress.recentBatches.slice(0, length)) {
    const { records, schedulingDelay, processingDelay, totalDelay } = shown.get(batchTime) ?? {};
    assert.deepEqual({ numRecords: records, schedulingDelay, processingDelay, totalDelay }, batch);
  }

  const boxes = await page.locator("svg.graph .box").allTextContents();
  assert.deepEqual(
    boxes.map((text) => /^(\D+?)(?=\d|…|test)/.exec(text)?.[1]?.trim()),
    ["clicks", "clicks/map", "counts", "totals", "foreachRDD"],
  );
  for (const text of boxes) assert.match(text, /clicks\.ts:\d+:\d+$/);

  const slow = completed.findLast(({ numRecords }) => numRecords >= 20) as BatchInfo;
  const link = page.locator(`a[href="#/batches/${slow.batchTime}"]`);
  while ((await link.count()) === 0) await page.getByRole("button", { name: "Show more" }).click();
  await link.click();
  await page.locator(".gantt").waitFor();
  const { slowest } = slow.facts?.stages[0]?.timing ?? {};
  assert.equal(slowest?.index, slowPartition);
  const tasks = page.locator(".gantt tr.task").filter({ hasText: "stage 0, partition" });
  const widths = await tasks
    .locator("rect")
    .evaluateAll((all: any[]): number[] => all.map((rect) => Number.parseFloat(rect.getAttribute("width"))));
  assert.equal(widths.indexOf(Math.max(...widths)), slowPartition);
  await page
    .locator("td", { hasText: `× (partition ${slowPartition})` })
    .first()
    .waitFor();
  const offsets = slow.streamIdToInputInfo.get(0)?.offsetRanges ?? [];
  const rows = await page.locator("details table tbody tr").allTextContents();
  const count = new Intl.NumberFormat("en-US");
  assert.deepEqual(
    rows,
    offsets.map(({ topic, partition, fromOffset: from, untilOffset: to }) => {
      return `${topic} ${partition}${count.format(from)}${count.format(to)}${count.format(to - from)}`;
    }),
  );
  if (pictures !== undefined) await takePictures(page, pictures);
});

async function takePictures(page: Page, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const take = async (name: string, height: number): Promise<void> => {
    await page.setViewportSize({ width: 1_200, height });
    const path = join(folder, name);
    await page.screenshot({ path });
    assert.ok(statSync(path).size < maxPictureBytes, `${name} has ${statSync(path).size} bytes`);
  };
  await take("batch.png", 1_000);
  await page.getByRole("link", { name: "All batches" }).click();
  await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
  await take("overview.png", 1_250);
  await page.emulateMedia({ colorScheme: "dark" });
  await take("overview-dark.png", 1_250);
}
