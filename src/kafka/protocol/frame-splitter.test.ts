import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameSplitter } from "./frame-splitter.ts";

function framed(...bodies: string[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const header = Buffer.alloc(4);
      header.writeInt32BE(body.length);
      return [header, Buffer.from(body)];
    }),
  );
}

test("frames come out whole however the stream is cut", () => {
  const bodies = ["first", "", "a longer third frame", "x"];
  const stream = framed(...bodies);
  for (let size = 1; size <= stream.length; size++) {
    const seen: string[] = [];
    const splitter = new FrameSplitter((frame) => seen.push(frame.toString()));
    for (let at = 0; at < stream.length; at += size) splitter.push(stream.subarray(at, at + size));
    assert.deepEqual(seen, bodies, `cut every ${size} bytes`);
  }
});

test("a socket that fills the space it is given yields the same frames", () => {
  const bodies = ["first", "", "x".repeat(100_000), "y".repeat(20_000), "", "z"];
  const stream = framed(...bodies);
  for (const mostBytes of [1, 3, 1_000, 65_536, stream.length]) {
    const seen: string[] = [];
    const splitter = new FrameSplitter((frame) => seen.push(frame.toString()));
    for (let at = 0; at < stream.length; ) {
      const bytes = stream.copy(splitter.space(), 0, at, at + mostBytes);
      splitter.filled(bytes);
      at += bytes;
    }
    assert.deepEqual(seen, bodies, `at most ${mostBytes} bytes at once`);
  }
});

test("the bytes of a large frame go straight into the memory that was allocated for it", () => {
  const allocated: Buffer[] = [];
  const frames: Buffer[] = [];
  const splitter = new FrameSplitter(
    (frame) => frames.push(frame),
    1_000_000,
    (bytes) => {
      allocated.push(Buffer.alloc(bytes));
      return allocated.at(-1) as Buffer;
    },
  );
  framed("x".repeat(500_000)).copy(splitter.space(), 0, 0, 10);
  splitter.filled(10);
  const space = splitter.space();
  assert.equal(space.buffer, allocated[0]?.buffer);
  assert.deepEqual([space.byteOffset - (allocated[0]?.byteOffset ?? 0), space.length], [6, 499_994]);
  splitter.filled(499_994);
  assert.deepEqual(frames, allocated);
});

test("a frame above the limit is refused as soon as its length is known", () => {
  const splitter = new FrameSplitter(() => assert.fail("no frame"), 10);
  assert.throws(() => splitter.push(Buffer.from([0, 0, 0, 11])), {
    code: "FRAME_TOO_LARGE",
    data: { bytes: 11, limit: 10 },
  });
  const other = new FrameSplitter(() => assert.fail("no frame"));
  assert.throws(() => other.push(Buffer.from("HTTP/1.1 400")), { code: "FRAME_TOO_LARGE" });
  assert.throws(() => new FrameSplitter(() => {}).push(Buffer.alloc(4, 0xff)), { code: "FRAME_TOO_LARGE" });
});
