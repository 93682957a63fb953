import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { DStreamError } from "../../errors/dstream-error.ts";
import { type CompressionName, codecs } from "./codec.ts";
import { compress } from "./compress.ts";
import { decompress } from "./decompress.ts";

const at = { topic: "t", partition: 3, offset: 41 };
const mebibyte = 1024 * 1024;
const compressing = ["gzip", "snappy", "lz4", "zstd"] as const;

const samples: [name: string, bytes: Buffer][] = [
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from("a")],
  ["text", Buffer.from("the quick brown fox jumps over the lazy dog ".repeat(5000))],
  ["a run", Buffer.alloc(3 * mebibyte, 7)],
  ["noise", noise(300_000)],
  ["short matches", Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * i) >> (i % 7)))],
];

function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let seed = 1;
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    bytes[i] = seed >>> 24;
  }
  return bytes;
}

for (const codec of Object.keys(codecs) as CompressionName[]) {
  test(`${codec} gives back what it was given`, () => {
    for (const [name, bytes] of samples) {
      const back = decompress(codecs[codec], compress(codec, bytes), 4 * mebibyte, at);
      assert.ok(back.equals(bytes), name);
    }
  });
}

for (const codec of compressing) {
  test(`${codec} that decompresses to exactly the limit is taken, one byte more is refused`, () => {
    const input = compress(codec, Buffer.alloc(100_000, 3));
    assert.equal(decompress(codecs[codec], input, 100_000, at).length, 100_000);
    assert.throws(() => decompress(codecs[codec], input, 99_999, at), {
      code: "BATCH_TOO_LARGE",
      message:
        /t-3@41 decompresses to (100000|more than 99999) bytes, the limit is 99999; raise `maxDecompressedBytes`/,
    });
  });

  test(`a ${codec} bomb is refused without allocating more than the limit`, () => {
    const bomb = Buffer.from(compress(codec, Buffer.alloc(256 * mebibyte)));
    const before = process.memoryUsage().arrayBuffers;
    const seen = [before];
    assert.throws(() => decompress(codecs[codec], bomb, 8 * mebibyte, at), { code: "BATCH_TOO_LARGE" });
    seen.push(process.memoryUsage().arrayBuffers);
    assert.ok(Math.max(...seen) - before <= 16 * mebibyte);
  });

  test(`${codec} cut off anywhere is corrupt, never shorter data`, () => {
    const plain = Buffer.from("some text that repeats, some text that repeats ".repeat(8));
    const whole = compress(codec, plain);
    for (let end = 0; end < whole.length; end++) {
      try {
        const back = decompress(codecs[codec], whole.subarray(0, end), mebibyte, at);
        // gzip's trailer and snappy's empty tail aside, nothing but the whole is acceptable.
        assert.ok(back.equals(plain), `cut at ${end} of ${whole.length}`);
      } catch (error) {
        assert.ok(error instanceof DStreamError && error.code === "CORRUPT_BATCH", `cut at ${end}: ${String(error)}`);
      }
    }
  });

  test(`${codec} with random damage gives data within the limit or a coded error`, () => {
    const whole = Buffer.from(
      compress(codec, Buffer.from("some text that repeats, some text that repeats ".repeat(50))),
    );
    const random = noise(6_000);
    for (let i = 0; i + 3 <= random.length; i += 3) {
      const damaged = Buffer.from(whole);
      damaged[random.readUInt16BE(i) % whole.length] = random[i + 2] as number;
      try {
        assert.ok(decompress(codecs[codec], damaged, 10_000, at).length <= 10_000);
      } catch (error) {
        assert.ok(error instanceof DStreamError && /^(CORRUPT_BATCH|BATCH_TOO_LARGE)$/.test(error.code), String(error));
      }
    }
  });
}

test("several gzip members in a row count together against the limit", () => {
  const member = gzipSync(Buffer.alloc(60_000, 5));
  const two = Buffer.concat([member, member]);
  assert.equal(decompress(codecs.gzip, two, 120_000, at).length, 120_000);
  assert.throws(() => decompress(codecs.gzip, two, 100_000, at), { code: "BATCH_TOO_LARGE" });
});

test("several zstd frames in a row are read, with those to be skipped, and count together against the limit", () => {
  const skipped = (kind: string, content: string): Buffer => {
    const head = Buffer.from(`5${kind}2a4d18 00000000`.replaceAll(" ", ""), "hex");
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, Buffer.from(content)]);
  };
  const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
  // Content of the sizes at which a frame's header says its size in 1, 2, 4 bytes or not at all, and of more blocks than one.
  const contents = [noise(10), Buffer.alloc(0), noise(1_000), Buffer.alloc(70_000, 3), noise(300_000)];
  const frames = contents.flatMap((content) => [zstdCompressSync(content), zstdCompressSync(content, checksum)]);
  const streamed = Buffer.from("28b52ffd 0050 190000 616263".replaceAll(" ", ""), "hex");
  const whole = Buffer.concat([skipped("0", ""), ...frames, skipped("f", "later"), streamed, skipped("7", "")]);
  const plain = Buffer.concat([...contents.flatMap((content) => [content, content]), Buffer.from("abc")]);
  assert.ok(decompress(codecs.zstd, whole, plain.length, at).equals(plain));
  for (const limit of [plain.length - 1, plain.length - 3, 20, 10]) {
    assert.throws(() => decompress(codecs.zstd, whole, limit, at), {
      code: "BATCH_TOO_LARGE",
      message: new RegExp(`more than ${limit} bytes, the limit is ${limit};`),
    });
  }
});

test("zstd frames that are cut off, followed by something else, of no known kind or without content are corrupt", () => {
  const frame = zstdCompressSync(Buffer.from("hello hello hello"));
  const skipped = Buffer.from("502a4d1803000000616263", "hex");
  const reserved = Buffer.from("28b52ffd 2003 070000 616263".replaceAll(" ", ""), "hex");
  const two = Buffer.concat([frame, skipped, frame]);
  const damaged = [skipped, reserved, Buffer.concat([frame, Buffer.from("more and more")])];
  // Where it is cut between two frames, nothing says that there was another one.
  for (let end = 0; end < two.length; end++) {
    if (end !== frame.length && end !== frame.length + skipped.length) damaged.push(two.subarray(0, end));
  }
  for (const input of damaged) {
    assert.throws(() => decompress(codecs.zstd, input, mebibyte, at), { code: "CORRUPT_BATCH" }, input.toString("hex"));
  }
});

test("snappy in the framing of the Java client is read, its blocks counted together", () => {
  const block = (text: string): Buffer => {
    const packed = compress("snappy", Buffer.from(text));
    const length = Buffer.alloc(4);
    length.writeInt32BE(packed.length);
    return Buffer.concat([length, packed]);
  };
  const framed = Buffer.concat([
    Buffer.from("82534e4150505900 00000001 00000001".replaceAll(" ", ""), "hex"),
    block("hello "),
    block("world".repeat(100)),
  ]);
  assert.equal(decompress(codecs.snappy, framed, 1000, at).toString(), `hello ${"world".repeat(100)}`);
  assert.throws(() => decompress(codecs.snappy, framed, 505, at), { code: "BATCH_TOO_LARGE", message: /to 506 bytes/ });
  assert.throws(() => decompress(codecs.snappy, framed.subarray(0, framed.length - 1), 1000, at), {
    code: "CORRUPT_BATCH",
  });
});

test("a snappy block that declares four gigabytes is refused by its word", () => {
  const lie = Buffer.from("ffffffff0f00", "hex");
  assert.throws(() => decompress(codecs.snappy, lie, 64 * mebibyte, at), {
    code: "BATCH_TOO_LARGE",
    message: /to 4294967295 bytes, the limit is 67108864/,
  });
});

test("snappy written by hand: literal, and copies with one, two and four bytes of distance", () => {
  // "abcd", then 4 bytes from distance 4, 5 from distance 8 and 3 from distance 1.
  const input = Buffer.from("10 0c 61626364 01 04 12 0800 0b 01000000".replaceAll(" ", ""), "hex");
  assert.equal(decompress(codecs.snappy, input, 100, at).toString(), "abcdabcdabcdaaaa");
});

test("an lz4 frame may declare its size, carry checksums, store blocks and let them refer to earlier ones", () => {
  // Linked blocks, block checksums, content size 13: a stored block "abcdefgh", then a match of 5 at distance 8 with no literals.
  const frame = (contentBytes: string): Buffer =>
    Buffer.from(
      [
        "04224d18 58 40",
        contentBytes,
        "00",
        "08000080 6162636465666768 00000000",
        "05000000 01 0800 10 66 00000000",
        "00000000",
      ]
        .join("")
        .replaceAll(" ", ""),
      "hex",
    );
  assert.equal(decompress(codecs.lz4, frame("0e00000000000000"), 100, at).toString(), "abcdefghabcdef");
  assert.throws(() => decompress(codecs.lz4, frame("0d00000000000000"), 100, at), { code: "CORRUPT_BATCH" });
  assert.throws(() => decompress(codecs.lz4, frame("0000000001000000"), 100, at), {
    code: "BATCH_TOO_LARGE",
    message: /to 4294967296 bytes/,
  });
});
