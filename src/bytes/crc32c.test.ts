import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { crc32c, crc32cPortable } from "./crc32c.ts";

test("CRC-32C gives the check values of RFC 3720", () => {
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.alloc(0)), 0);
});

test("the portable and the chosen implementation agree at every length and position", () => {
  const bytes = Buffer.from(Array.from({ length: 1600 }, (_, i) => (i * 167) % 251));
  for (let length = 0; length <= 1500; length += 7) {
    const start = length % 11;
    assert.equal(crc32c(bytes, start, start + length), crc32cPortable(bytes, start, start + length), `${length} bytes`);
  }
});

test("CRC-32C works in a worker thread", async () => {
  const code = `import { parentPort } from "node:worker_threads"; import { crc32c } from ${JSON.stringify(new URL("./crc32c.ts", import.meta.url).href)};
    parentPort.postMessage([crc32c(Buffer.from("123456789")), crc32c(Buffer.alloc(1024))]);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  assert.deepEqual(answer, [0xe3069283, crc32c(Buffer.alloc(1024))]);
});
