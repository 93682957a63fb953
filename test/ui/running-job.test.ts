import assert from "node:assert/strict";
import { test } from "node:test";
import { type BatchInfo, StreamingContext, seconds } from "dstream";
import type { Page } from "playwright-core";
import type { JobView } from "../../src/ui/views/page-data.ts";
import { Chromium } from "../support/ui/chromium.ts";
import { until } from "../support/ui/until.ts";
import { slowPartition } from "./jobs/clicks.ts";
import { runClicks } from "./jobs/run-clicks.ts";

const chromium = new Chromium();

/** The number that a tile shows. */
async function tile(page: Page, name: string): Promise<number> {
  const text = await page
    .locator(`dt:text-is("${name}") + dd`)
    .evaluate((dd: any): string => dd.firstChild.textContent);
  return Number(text.replaceAll(",", ""));
}

test("a job that runs shows what ssc.progress says: charts, batches, graph; and the slow partition in a batch's Gantt chart", async (t) => {
  const { ssc, completed, stopSending } = await runClicks(t, { batchInterval: seconds(0.5) });
  const page = await chromium.open(t, ssc.uiUrl as string);
  await page.locator(".badge.running", { hasText: "keeps up" }).waitFor();
  assert.equal(await page.title(), "clicks – running");
  await until(() => completed.length >= 8);
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
  // It does not show its state, so that nobody is asked for a key; how even its buckets are can be asked for.
  await page.getByRole("button", { name: "Look at the buckets" }).waitFor();
  assert.equal(await page.getByLabel("Key, as JSON").count(), 0);
  // Without a cursor the legend has the values of the last batch.
  await page.locator(".u-legend", { hasText: /batch.*\d.*entries\D*5$/ }).waitFor();
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
});

test("a batch that runs says how many of its outputs are done; batches that a stop leaves out do not wait any more", async (t) => {
  const ssc = new StreamingContext({ appName: "held", batchInterval: 100, master: "local", ui: { port: 0 } });
  const held = Promise.withResolvers<void>();
  t.after(() => ssc.stop());
  const rows = ssc.queueStream(Array.from({ length: 1_000 }, () => ["a"]));
  rows.foreachRDD(() => {});
  rows.foreachRDD(() => held.promise);
  await ssc.start();
  const page = await chromium.open(t, ssc.uiUrl as string);
  await page.locator("tr.running td", { hasText: /^1\/2$/ }).waitFor();
  await page.locator("tr.waiting", { hasText: "waiting for" }).nth(3).waitFor();
  const stopped = ssc.stop({ stopGracefully: false });
  held.resolve();
  await stopped;
  await page.locator(".badge.stopped").waitFor();
  await page.locator("tr.completed td", { hasText: /^2\/2$/ }).waitFor();
  assert.equal(await page.locator("tr.waiting, tr.running").count(), 0);
});
