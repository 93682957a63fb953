import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { StreamingContext } from "dstream";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { accessibilityFindings, Chromium } from "../support/ui/chromium.ts";
import { until } from "../support/ui/until.ts";

const chromium = new Chromium();

interface Shown {
  readonly ssc: StreamingContext;
  readonly proxy: TcpProxy;
  /** How the page reaches the job through the proxy. */
  readonly url: string;
}

async function shownJob(t: TestContext): Promise<Shown> {
  const ssc = new StreamingContext({ appName: "steady", batchInterval: 100, master: "local", ui: { port: 0 } });
  t.after(() => ssc.stop());
  ssc.queueStream(Array.from({ length: 10_000 }, () => ["a", "b"])).foreachRDD(() => {});
  await ssc.start();
  const proxy = await TcpProxy.start(Number(new URL(ssc.uiUrl as string).port));
  t.after(() => proxy[Symbol.asyncDispose]());
  return { ssc, proxy, url: `http://127.0.0.1:${proxy.port}/` };
}

test("a page that is open says that the job has stopped, with its last batch, and asks no more", async (t) => {
  const { ssc, url, proxy } = await shownJob(t);
  const page = await chromium.open(t, url);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.locator("tr.completed").first().waitFor();
  await ssc.stop();
  await page.locator(".badge.stopped", { hasText: "stopped" }).waitFor();
  const last = ssc.progress.lastBatch?.batchTime;
  await page.locator(`a[href="#/batches/${last}"]`).waitFor();
  const { connections } = proxy;
  const { length } = requests;
  await delay(3_000);
  assert.deepEqual([requests.length - length, proxy.connections - connections], [0, 0]);
});

test("a page whose connection was cut says so, and is live again with the batches that came meanwhile", async (t) => {
  const { ssc, url, proxy } = await shownJob(t);
  const page = await chromium.open(t, url);
  await page.locator("tr.completed").first().waitFor();
  proxy.interrupt();
  await page.locator(".badge.lost", { hasText: "no connection" }).waitFor();
  const from = ssc.progress.lastBatch?.batchTime as number;
  await until(() => ssc.progress.recentBatches.filter(({ batchTime }) => batchTime > from).length >= 5);
  const missed = ssc.progress.recentBatches.filter(({ batchTime }) => batchTime > from);
  proxy.restore();
  await page.locator(".badge.running").waitFor();
  const shown = await page.evaluate<number[]>(
    "fetch('api/v1/job').then((response) => response.json()).then(({ batches }) => batches.map(({ time }) => time))",
  );
  for (const { batchTime } of missed) assert.ok(shown.includes(batchTime));
  const [, middle] = missed;
  const link = page.locator(`a[href="#/batches/${middle?.batchTime}"]`);
  if ((await link.count()) === 0) await page.getByRole("button", { name: "Show more" }).click();
  await link.waitFor();
  const newest = page.locator("tbody th a").first();
  const before = await newest.getAttribute("href");
  await until(async () => (await newest.getAttribute("href")) !== before);
});

test("a job that does not answer is asked less and less often", async (t) => {
  const { url, proxy } = await shownJob(t);
  const page = await chromium.open(t, url);
  await page.locator(".badge.running").waitFor();
  const asked: number[] = [];
  page.on("request", () => asked.push(performance.now()));
  proxy.interrupt();
  await until(() => asked.length >= 3, 20_000);
  const pauses = asked.slice(1).map((time, i) => time - (asked[i] ?? 0));
  assert.ok((pauses[0] ?? 0) > 1_500, `pauses of ${pauses} ms`);
  assert.ok((pauses[1] ?? 0) > 3_000, `pauses of ${pauses} ms`);
});

test("a connection by which nothing comes any more counts as lost, though nobody said so", async (t) => {
  const { url, proxy } = await shownJob(t);
  const page = await chromium.open(t, url);
  await page.locator(".badge.running").waitFor();
  proxy.freeze();
  await page.locator(".badge.lost", { hasText: "no connection" }).waitFor();
  assert.deepEqual(await accessibilityFindings(page), []);
  proxy.thaw();
  await page.locator(".badge.running").waitFor();
});

test("a job's page with a token opens by its address once, is live, and has no token in its address", async (t) => {
  const ui = { port: 0, token: "a secret+/" };
  const ssc = new StreamingContext({ appName: "hidden", batchInterval: 100, master: "local", ui });
  t.after(() => ssc.stop());
  ssc.queueStream(Array.from({ length: 10_000 }, () => ["a"])).foreachRDD(() => {});
  await ssc.start();
  const page = await chromium.open(t, `${ssc.uiUrl}/?token=${encodeURIComponent(ui.token)}`);
  await page.locator("tr.completed").first().waitFor();
  assert.equal(page.url(), `${ssc.uiUrl}/`);
  assert.equal(await page.evaluate("document.cookie"), "");
});
