import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { StreamingContext } from "dstream";
import type { Page } from "playwright-core";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { accessibilityFindings, Chromium, tooWide } from "../support/ui/chromium.ts";
import { until } from "../support/ui/until.ts";

const chromium = new Chromium();

/** With all that a page can show: state, several inputs, a receiver-less graph, settings. */
async function shownJob(t: TestContext): Promise<string> {
  const options = { checkpointDir: temporaryDirectory(t), ui: { port: 0, showState: true } };
  const ssc = new StreamingContext({ appName: "orders", batchInterval: 250, master: "local", ...options });
  t.after(() => ssc.stop());
  const orders = ssc.queueStream(Array.from({ length: 10_000 }, () => ["tea", "rice", "tea"])).name("orders");
  const returned = ssc.queueStream(Array.from({ length: 10_000 }, () => ["rice"])).name("returned");
  orders
    .union(returned)
    .map((what) => [what, 1] as const)
    .updateStateByKey<number>((ones, total = 0) => total + ones.length)
    .name("a long name of an operator that counts things")
    .foreachRDD(() => {});
  await ssc.start();
  return ssc.uiUrl as string;
}

async function openBatch(page: Page): Promise<void> {
  await page.locator("tr.completed a").first().click();
  await page.locator(".gantt").waitFor();
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing on the overview and on a batch's page, ${colorScheme}, with all details open`, async (t) => {
    const page = await chromium.open(t, await shownJob(t), { colorScheme });
    await page.locator("tr.completed").first().waitFor();
    const background = await page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
    assert.equal(background, colorScheme === "dark" ? "rgb(15, 19, 24)" : "rgb(255, 255, 255)");
    for (const summary of await page.locator("summary").all()) await summary.click();
    assert.deepEqual(await accessibilityFindings(page), []);
    await openBatch(page);
    assert.deepEqual(await accessibilityFindings(page), []);
  });
}

test("charts and their legends follow the colors when the system gets dark", async (t) => {
  const page = await chromium.open(t, await shownJob(t));
  const marker = page.locator(".u-legend .u-marker").nth(1);
  const color = (): Promise<string> => marker.evaluate((element: any) => element.style.borderColor);
  await marker.waitFor();
  assert.equal(await color(), "rgb(31, 111, 235)");
  await page.emulateMedia({ colorScheme: "dark" });
  await until(async () => (await color()) === "rgb(110, 168, 254)");
});

test("a window of 360 px shows the overview and a batch's page without scrolling sideways", async (t) => {
  const page = await chromium.open(t, await shownJob(t), { viewport: { width: 360, height: 700 } });
  await page.locator("tr.completed").first().waitFor();
  for (const summary of await page.locator("summary").all()) await summary.click();
  assert.deepEqual(await tooWide(page), []);
  await openBatch(page);
  assert.deepEqual(await tooWide(page), []);
});

/** What has the focus, and whether that is seen. */
async function focused(page: Page): Promise<{ readonly what: string; readonly isSeen: boolean; readonly y: number }> {
  return page.evaluate(`(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { top } = element.getBoundingClientRect();
    const what = element.getAttribute("aria-label") ?? element.closest("label")?.textContent.trim() ?? element.textContent.trim();
    return { what, isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, y: top + scrollY };
  })()`);
}

test("by keyboard everything is reached from top to bottom and is seen; filters by arrows, batches by Enter and back", async (t) => {
  const page = await chromium.open(t, await shownJob(t));
  await page.locator("tr.completed").first().waitFor();
  const way: string[] = [];
  let lastY = -1;
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    const { what, isSeen, y } = await focused(page);
    if (presses > 0 && (await page.evaluate<boolean>("document.activeElement === document.body"))) break;
    assert.ok(isSeen, `the focus is seen on ${what}`);
    assert.ok(y >= lastY - 60, `${what} comes after what is above it`);
    lastY = y;
    way.push(what.replace(/^\d\d:\d\d:\d\d\.\d{3}$/, "a batch"));
    if (/settings$/.test(what)) break;
  }
  const distinct = way.filter((what, i) => what !== way[i - 1]);
  assert.deepEqual(distinct.slice(0, 3), ["all", "Table of batches", "a batch"]);
  assert.deepEqual(
    distinct.slice(-4).map((what) => what.split("\n")[0]?.slice(0, 12)),
    ["Operator a l", "Key, as JSON", "Show", distinct.at(-1)],
  );
  assert.match(distinct.at(-1) ?? "", /^\d+ settings$/);
  for (const name of ["The job's operators", "As a table", "Look at the buckets"])
    assert.ok(distinct.includes(name), name);

  await page.getByRole("radio", { name: "all" }).focus();
  for (const _ of ["waiting", "running", "completed", "failed"]) await page.keyboard.press("ArrowRight");
  await page.locator("p.empty", { hasText: "None." }).waitFor();
  await page.keyboard.press("ArrowLeft");
  const link = page.locator("tr.completed a").first();
  const href = (await link.getAttribute("href")) as string;
  await page.locator(`a[href="${href}"]`).focus();
  await page.keyboard.press("Enter");
  await page.locator(".gantt").waitFor();
  assert.match((await focused(page)).what, /^Batch 20/);
  await page.keyboard.press("Shift+Tab");
  assert.equal((await focused(page)).what, "← All batches");
  await page.keyboard.press("Enter");
  await page.locator("#timelines").waitFor();
  await page.waitForFunction(`document.activeElement.getAttribute("href") === "${href}"`);
});

test("a key's state is asked for by keyboard, and what is no JSON is refused in words", async (t) => {
  const page = await chromium.open(t, await shownJob(t));
  const key = page.getByLabel("Key, as JSON");
  await key.fill('"tea"');
  await key.press("Enter");
  await page.locator("pre.answer", { hasText: /^"tea" {2}\d+$/ }).waitFor();
  await key.fill("tea");
  await key.press("Enter");
  await page.locator(".query .error", { hasText: "the key must be JSON" }).waitFor();
  await page.getByRole("button", { name: "Look at the buckets" }).click();
  await page.locator("td", { hasText: /^\d+\.\d ×$/ }).waitFor();
});
