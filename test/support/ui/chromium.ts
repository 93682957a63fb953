import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, type TestContext } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const executablePath = "/usr/bin/chromium";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** By this name a page of elsewhere reaches this machine, as after DNS rebinding. */
export const reboundHost = "evil.example";
/** Errors of the console that every page has whose server is gone or refuses. */
const said = /net::ERR_|responded with a status of 4\d\d/;
const actionMs = 20_000;

export interface OpenOptions extends BrowserContextOptions {
  /** Errors of the console that are what is tested. */
  readonly expectedErrors?: RegExp;
}

/** Pages in one Chromium for all tests of a file, which is started by the first and ends with the last. */
export class Chromium {
  #starting: Promise<Browser> | undefined;

  constructor() {
    after(async () => (await this.#starting)?.close());
  }

  /** Opens an address. The test fails if the page's console has an error, a break of its security policy above all. */
  async open(t: TestContext, url: string, options: OpenOptions = {}): Promise<Page> {
    const { expectedErrors, ...more } = options;
    this.#starting ??= start();
    const browser = await this.#starting;
    const context = await browser.newContext({ viewport: { width: 1_200, height: 800 }, ...more });
    context.setDefaultTimeout(actionMs);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    t.after(async () => {
      await context.close();
      // What a server does not answer, or refuses, is said by Chromium itself; tests of that look at the page.
      const own = errors.filter((text) => !said.test(text) && expectedErrors?.test(text) !== true);
      if (own.length > 0) throw new Error(`the page's console has errors: ${own.join("\n")}`);
    });
    await page.goto(url);
    return page;
  }
}

async function start(): Promise<Browser> {
  if (!existsSync(executablePath)) throw new Error(`these tests need ${executablePath}: apt-get install chromium`);
  const isRoot = process.getuid?.() === 0;
  const args = [`--host-resolver-rules=MAP ${reboundHost} 127.0.0.1`, ...(isRoot ? ["--no-sandbox"] : [])];
  return chromium.launch({ executablePath, args, chromiumSandbox: !isRoot });
}

/** What axe finds of WCAG 2.2 A and AA and its good practices: a line for each rule and element. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  // Not by an element of the page: its policy allows no script but its own.
  await page.evaluate(axe);
  const found = await page.evaluate<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>("axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })");
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** What makes the page wider than its window; empty where it need not be scrolled sideways. */
export async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll("*")].filter((each) => each.getBoundingClientRect().right > clientWidth);
    return wide.filter((each) => each.closest(".scroll") === null).map((each) => each.outerHTML.slice(0, 100));
  })()`);
}
