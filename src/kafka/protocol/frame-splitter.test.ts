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
