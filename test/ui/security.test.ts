import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { Chromium, reboundHost } from "../support/ui/chromium.ts";
import { fedJob } from "../support/ui/fed-job.ts";

const chromium = new Chromium();

test("a page of elsewhere can neither read the job, nor listen, nor load its files, nor show its page in a frame", async (t) => {
  const { url, run } = await fedJob(t, 4);
  run(3);
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>evil</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const evil = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const refused = /blocked by CORS policy|violates .* "frame-ancestors 'none'"/;
  const page = await chromium.open(t, evil, { expectedErrors: refused });
  const gained = await page.evaluate<string[]>(`(async () => {
    const tried = {
      read: () => fetch("${url}/api/v1/job").then((response) => response.text()),
      listen: () => new Promise((resolve, reject) => {
        const source = new EventSource("${url}/api/v1/events");
        source.onopen = resolve;
        source.onerror = () => { source.close(); reject(); };
      }),
      load: () => new Promise((resolve, reject) => {
        const script = document.createElement("script");
        Object.assign(script, { src: "${url}/page.js", onload: resolve, onerror: reject });
        document.head.append(script);
      }),
    };
    const gained = [];
    for (const [name, attempt] of Object.entries(tried)) await attempt().then(() => gained.push(name), () => {});
    return gained;
  })()`);
  assert.deepEqual(gained, []);
  await page.evaluate(`new Promise((resolve) => {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: "${url}/", onload: resolve });
    document.body.append(frame);
  })`);
  assert.equal(page.frames()[1]?.url(), "chrome-error://chromewebdata/");
});

test("by a name that leads here though it is none of this server's, a browser gets nothing", async (t) => {
  const { url, run } = await fedJob(t, 4);
  run(3);
  // Chromium says so of every page without TLS whose name is not this machine's.
  const expectedErrors = /Cross-Origin-Opener-Policy header has been ignored/;
  const page = await chromium.open(t, `http://${reboundHost}:${new URL(url).port}/`, { expectedErrors });
  assert.match(await page.locator("body").innerText(), /the Host of the request is none of this server's/);
  const status = await page.evaluate<number>("fetch('/api/v1/job').then(({ status }) => status)");
  assert.equal(status, 403);
});

test("a client that asks and does not read is cut off, as is one that sends nothing, and others are served meanwhile", async (t) => {
  const { url, run } = await fedJob(t, 4);
  run(1_000);
  const port = Number(new URL(url).port);
  const start = performance.now();
  const lives = await Promise.all(
    [0, 60].map(async (requests) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.pause();
      socket.write("GET /api/v1/job HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(requests));
      const page = await fetch(`${url}/api/v1/offsets`);
      assert.equal(page.status, 200);
      // That the other side has gone is seen when there is nothing left to read.
      const closed = once(socket, "close");
      await new Promise((resolve) => setTimeout(resolve, requests === 0 ? 0 : 22_000));
      socket.resume();
      await closed;
      return { ms: performance.now() - start, bytes: socket.bytesRead };
    }),
  );
  const [idle, deaf] = lives;
  assert.ok((idle?.ms ?? 0) < 12_000, `idle for ${idle?.ms} ms`);
  assert.ok((deaf?.bytes ?? 0) < 60 * 200_000, `${deaf?.bytes} bytes came to who did not read`);
});
