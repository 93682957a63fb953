import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { KafkaUtils, Receiver, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import type { Page } from "playwright-core";
import { accessibilityFindings, Chromium } from "../support/ui/chromium.ts";

const chromium = new Chromium();
/** A batch that stands still is said after 10 s. */
const stallMs = 30_000;

function job(t: TestContext, appName: string): StreamingContext {
  const ssc = new StreamingContext({ appName, batchInterval: 200, master: "local", ui: { port: 0 } });
  t.mock.method(process, "emitWarning", () => {});
  t.after(() => ssc.stop({ stopGracefully: false }));
  return ssc;
}

async function problem(page: Page, code: string): Promise<string> {
  const line = page.locator(".problems li", { has: page.locator("strong", { hasText: code }) });
  await line.waitFor({ timeout: stallMs });
  const color = await line.evaluate(
    (element: any) => element.ownerDocument.defaultView.getComputedStyle(element).color,
  );
  assert.equal(color, "rgb(179, 38, 30)");
  return (await line.innerText()).replaceAll(/\s+/g, " ");
}

test("a failed output is a red line with its code, and the batch's page has the program's file and line, after the job's end too", async (t) => {
  const ssc = job(t, "fails");
  const opened = Promise.withResolvers<void>();
  ssc.queueStream([["a"]]).foreachRDD(async () => {
    await opened.promise;
    throw new Error("no table");
  });
  const ended = ssc.awaitTermination().catch(() => {});
  await ssc.start();
  const page = await chromium.open(t, ssc.uiUrl as string);
  await page.locator("tr.running").waitFor();
  opened.resolve();
  const text = await problem(page, "USER_FUNCTION_FAILED");
  assert.match(text, /^USER_FUNCTION_FAILED the job has ended: .*no table.* · batch \d\d:\d\d:\d\d(\.\d{3})?$/);
  await ended;
  await page.locator(".badge.failed", { hasText: "failed" }).waitFor();
  await page.locator(".problems a").click();
  const reason = page.locator("main pre.error").first();
  await reason.waitFor();
  assert.match(await reason.innerText(), /no table/);
  assert.match(await reason.innerText(), /trouble\.test\.ts:\d+:\d+/);
  await page.locator("main p.error", { hasText: "the job does not answer" }).waitFor();
  assert.deepEqual(await accessibilityFindings(page), []);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await accessibilityFindings(page), []);
});

test("a function that fails is said with its code, and its batch with the file and line of the operator", async (t) => {
  const ssc = job(t, "throws");
  let fails = false;
  ssc
    .queueStream(Array.from({ length: 100 }, () => ["a"]))
    .map((row) => {
      if (fails) throw new Error(`cannot read ${row}`);
      return row;
    })
    .foreachRDD(async (rdd) => void (await rdd.count()));
  const ended = ssc.awaitTermination().catch(() => {});
  await ssc.start();
  const page = await chromium.open(t, ssc.uiUrl as string);
  await page.locator("tr.completed").first().waitFor();
  fails = true;
  await ended;
  assert.match(await problem(page, "USER_FUNCTION_FAILED"), /the function of map .*cannot read a/);
  await page.locator(".problems a").click();
  assert.match(await page.locator("main pre.error").first().innerText(), /trouble\.test\.ts:\d+:\d+/);
});

test("a batch that stands still is said after 10 s with the output that it waits for, and no more when it goes on", async (t) => {
  const ssc = job(t, "waits");
  const held = Promise.withResolvers<void>();
  ssc.queueStream([["a"]]).foreachRDD(() => held.promise);
  await ssc.start();
  const page = await chromium.open(t, ssc.uiUrl as string);
  const text = await problem(page, "STALLED");
  assert.match(
    text,
    /a batch makes no progress: .*foreachRDD .*trouble\.test\.ts:\d+:\d+.* \(since \d\d:\d\d:\d\d\) · batch \d\d:\d\d:\d\d(\.\d{3})?$/,
  );
  await page.locator(".badge.behind", { hasText: "falls behind" }).waitFor();
  await page.locator(".problems a").click();
  await page.locator("main .facts", { hasText: "running" }).waitFor();
  held.resolve();
  await page.locator(".problems").waitFor({ state: "detached" });
  await page.locator("main p.error", { hasText: "No progress from" }).waitFor();
});

test("brokers that are away are said, with the batch whose plan waits for them", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("words");
  const ssc = job(t, "away");
  const started = Promise.withResolvers<void>();
  ssc.addStreamingListener({ onBatchCompleted: () => started.resolve() });
  KafkaUtils.createDirectStream(ssc, { brokers: [broker.bootstrapServers], topics: ["words"] }).foreachRDD(() => {});
  await ssc.start();
  await started.promise;
  const page = await chromium.open(t, ssc.uiUrl as string);
  await page.locator(".badge.running").waitFor();
  await broker.stop();
  assert.match(await problem(page, "STALLED"), /its plan, for which it has to be known .*\[BROKER_UNREACHABLE\]/);
});

class Failing extends Receiver<string> {
  onStart(): void {
    this.stop("the line is dead", new Error("no carrier"));
  }
  onStop(): void {}
}

test("a receiver that has stopped is said with why", async (t) => {
  const ssc = job(t, "receives");
  const stopped = Promise.withResolvers<void>();
  ssc.addStreamingListener({ onReceiverStopped: () => stopped.resolve() });
  ssc.receiverStream(new Failing()).foreachRDD(() => {});
  await ssc.start();
  await stopped.promise;
  const page = await chromium.open(t, ssc.uiUrl as string);
  const line = page.locator(".problems li", { hasText: "is stopped" });
  await line.waitFor();
  assert.match(await line.innerText(), /the receiver .* is stopped: .*the line is dead/);
  await page.locator("#receivers + ul li", { hasText: "is stopped" }).waitFor();
});
