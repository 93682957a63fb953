import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { type Artifact, artifactPayloads } from "./artifact-requests.ts";

const chunkBytes = 256 * 1024;

function patternOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251);
}

async function pieces(artifact: Artifact) {
  const seen: { case: string; data: Uint8Array; crc: bigint; totals?: [bigint, bigint] }[] = [];
  for await (const payload of artifactPayloads(artifact)) {
    if (payload.case === "batch") for (const { data } of payload.value.artifacts) seen.push({ case: "batch", ...data });
    if (payload.case === "chunk") seen.push({ case: payload.case, ...payload.value });
    if (payload.case === "beginChunk") {
      const { initialChunk, totalBytes, numChunks } = payload.value;
      seen.push({ case: payload.case, ...initialChunk, totals: [totalBytes, numChunks] });
    }
  }
  return seen;
}

test("an artifact of up to one chunk is one message, an empty one too", async () => {
  for (const length of [0, 1, chunkBytes]) {
    const bytes = patternOf(length);
    const seen = await pieces({ name: "files/a", bytes });
    assert.deepEqual(seen, [{ case: "batch", data: bytes, crc: BigInt(crc32(bytes)) }]);
  }
});

test("a larger one says its size first, and each chunk has its own CRC", async () => {
  const bytes = patternOf(2 * chunkBytes + 1);
  const seen = await pieces({ name: "archives/a.tar.gz#a", bytes });
  assert.deepEqual(
    seen.map((piece) => [piece.case, piece.data.length]),
    [
      ["beginChunk", chunkBytes],
      ["chunk", chunkBytes],
      ["chunk", 1],
    ],
  );
  assert.deepEqual(seen[0]?.totals, [BigInt(bytes.length), 3n]);
  assert.deepEqual(Buffer.concat(seen.map(({ data }) => data)), Buffer.from(bytes));
  for (const { data, crc } of seen) assert.equal(crc, BigInt(crc32(data)));
});

test("a file gives the same messages as its bytes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dstream-artifact-"));
  try {
    for (const length of [0, 5, chunkBytes + 5]) {
      const bytes = patternOf(length);
      const path = join(folder, String(length));
      writeFileSync(path, bytes);
      const [ofFile, ofBytes] = [await pieces({ name: "files/a", path }), await pieces({ name: "files/a", bytes })];
      assert.deepEqual(
        ofFile.map((piece) => ({ ...piece, data: new Uint8Array(piece.data) })),
        ofBytes,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
