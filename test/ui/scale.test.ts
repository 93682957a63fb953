import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Page } from "playwright-core";
import { Chromium } from "../support/ui/chromium.ts";
import { fedJob } from "../support/ui/fed-job.ts";
import { until } from "../support/ui/until.ts";

const chromium = new Chromium();
const MiB = 1024 * 1024;

async function sizeOf(url: string): Promise<number> {
  return (await (await fetch(url)).arrayBuffer()).byteLength;
}

/** The longest time between two frames of the page, over so long. */
async function longestPause(page: Page, ms: number): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve) => {
    const start = performance.now();
    let [last, longest] = [start, 0];
    const frame = (now) => {
      longest = Math.max(longest, now - last);
      last = now;
      if (now - start < ${ms}) requestAnimationFrame(frame);
      else resolve(longest);
    };
    requestAnimationFrame(frame);
  })`);
}

test("with 10,000 partitions answers are bounded, and the page shows sums and those with most records, and responds", async (t) => {
  const partitions = 10_000;
  const { url, run } = await fedJob(t, partitions);
  run(30);
  const page = await chromium.open(t, url);
  await page.locator("tr.completed").first().waitFor();
  const time = run(1);
  const feeding = setInterval(() => run(1), 250);
  t.after(() => clearInterval(feeding));
  const pause = await longestPause(page, 2_000);
  t.diagnostic(`10,000 partitions: the page's longest pause between two frames is ${pause.toFixed(0)} ms`);
  assert.ok(pause < 1_000, `${pause} ms between two frames`);
  await page.locator("th", { hasText: "lines (all)" }).waitFor();
  const sizes = { job: await sizeOf(`${url}/api/v1/job`), batch: await sizeOf(`${url}/api/v1/batches/${time}`) };
  t.diagnostic(`10,000 partitions: /api/v1/job has ${sizes.job} bytes, a batch ${sizes.batch}`);
  assert.ok(sizes.job < 50_000 && sizes.batch < 50_000, JSON.stringify(sizes));
  await page.locator(`a[href="#/batches/${time}"]`).click();
  await page.locator(".gantt tr.stage", { hasText: "10,000 tasks" }).waitFor();
  await page.locator("summary", { hasText: "of 10,000 partitions" }).click();
  assert.match((await page.locator("details tbody tr").first().textContent()) ?? "", /^lines 9999.*700$/);
  await page.locator("details th", { hasText: "and 9,800 more" }).waitFor();
});

test("with 1,000 partitions what a page is told stays small, while one who asks gets each offset", async (t) => {
  const { url, run } = await fedJob(t, 1_000);
  run(1_100);
  const job = await sizeOf(`${url}/api/v1/job`);
  const { offsets } = (await (await fetch(`${url}/api/v1/offsets`)).json()) as { offsets: unknown[] };
  t.diagnostic(`1,000 partitions and 1,000 batches: /api/v1/job has ${job} bytes`);
  assert.ok(job < 600_000, `${job} bytes`);
  assert.equal(offsets.length, 1_000);
});

test("of a job that fell far behind the page keeps what has ended, and shows the batches that come next", async (t) => {
  const { url, run, plan } = await fedJob(t, 4);
  run(50);
  const page = await chromium.open(t, url);
  await page.locator("tr.completed").first().waitFor();
  plan(20_000);
  await page.locator("dd", { hasText: "20,000 wait" }).waitFor();
  await page.getByRole("radio", { name: "waiting" }).click();
  await page.getByRole("button", { name: "Show more of 200 batches" }).waitFor();
  await page.getByRole("radio", { name: "completed" }).click();
  await page.getByRole("button", { name: "Show more of 50 batches" }).waitFor();
  const size = await sizeOf(`${url}/api/v1/job`);
  assert.ok(size < 100_000, `${size} bytes`);
});

test("batches of a day leave neither the page nor the driver larger than 1,000 of them", async (t) => {
  const { url, run, history } = await fedJob(t, 4);
  const page = await chromium.open(t, url);
  const devtools = await page.context().newCDPSession(page);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const feed = async (batches: number): Promise<void> => {
    for (let fed = 0; fed < batches; fed += 100) {
      run(100);
      // So that the page hears of them in many pieces.
      await delay(15);
    }
    const last = `#/batches/${history.ended.at(-1)?.batchTime}`;
    await until(async () => (await page.locator("tbody th a").first().getAttribute("href")) === last);
  };
  const sizes = async (): Promise<{ page: number; nodes: number; driver: number }> => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    const nodes = await page.evaluate<number>("document.querySelectorAll('*').length");
    collect();
    return { page: usedSize, nodes, driver: process.memoryUsage().heapUsed };
  };
  await feed(5_000);
  const before = await sizes();
  await feed(86_400 - 5_000);
  const after = await sizes();
  t.diagnostic(`heaps after 5,000 batches and a day's: ${JSON.stringify([before, after])}`);
  assert.equal(history.batchesCompleted, 86_400);
  assert.ok(after.page - before.page < 2 * MiB, `the page's heap: ${before.page} and ${after.page} bytes`);
  assert.ok(after.driver - before.driver < 6 * MiB, `the driver's heap: ${before.driver} and ${after.driver} bytes`);
  assert.ok(Math.abs(after.nodes - before.nodes) < 100, `elements: ${before.nodes} and ${after.nodes}`);
});
