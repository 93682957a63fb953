import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { seconds } from "dstream";
import type { Page } from "playwright-core";
import { Chromium } from "../support/ui/chromium.ts";
import { until } from "../support/ui/until.ts";
import { runClicks } from "./jobs/run-clicks.ts";

const chromium = new Chromium();
/** DSTREAM_PICTURES=docs/pictures npm run test:ui: makes the pictures of the guide. */
const folder = process.env.DSTREAM_PICTURES;
const skip = folder === undefined && "makes pictures with DSTREAM_PICTURES=FOLDER";
const maxBytes = 150_000;

test("the pictures of the guide are small", { skip }, async (t: TestContext) => {
  const { ssc, completed } = await runClicks(t, { batchInterval: seconds(0.5) });
  const page = await chromium.open(t, ssc.uiUrl as string);
  await until(() => completed.length >= 90, 90_000);
  await take(page, "overview.png", 1_150);
  await page.emulateMedia({ colorScheme: "dark" });
  await take(page, "overview-dark.png", 1_150);
  await page.emulateMedia({ colorScheme: "light" });
  await page.locator("tr.completed a").nth(1).click();
  await page.locator(".gantt").waitFor();
  await page.evaluate("document.activeElement.blur()");
  await take(page, "batch.png", 1_000);
});

async function take(page: Page, name: string, height: number): Promise<void> {
  const path = join(folder ?? "", name);
  mkdirSync(folder ?? "", { recursive: true });
  await page.setViewportSize({ width: 1_200, height });
  await page.screenshot({ path });
  assert.ok(statSync(path).size < maxBytes, `${name} has ${statSync(path).size} bytes`);
}
