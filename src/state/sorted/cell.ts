import { decodeValue, encodeValue } from "../../codec/value-codec.ts";
import type { StoredValue } from "../stored-value.ts";
import type { ByteSink } from "./write/byte-sink.ts";

// A key or a stored value as bytes that can be skipped without being decoded: a tag, then what the tag asks for. Bytes of
// variable length come behind their length, which is one byte, or five that begin with 255.

const tags = { none: 0, string: 1, int32: 2, float64: 3, bytes: 4, packed: 5 } as const;
const longLength = 255;
const shortText = 40;

/** Undefined stands for a state that was removed. */
export function writeCell(sink: ByteSink, value: unknown): void {
  if (typeof value === "string") writeString(sink, value);
  else if (typeof value === "number") writeNumber(sink, value);
  else if (value === undefined) writeTag(sink, tags.none);
  else if (value instanceof Uint8Array) writeBytes(sink, tags.bytes, value);
  else writeBytes(sink, tags.packed, encodeValue(value));
}

/** Where the cell at `at` ends. */
export function cellEnd(bytes: Buffer, at: number): number {
  const tag = bytes[at] as number;
  if (tag === tags.none) return at + 1;
  if (tag === tags.int32) return at + 5;
  if (tag === tags.float64) return at + 9;
  const length = bytes[at + 1] as number;
  return length === longLength ? at + 6 + bytes.readUInt32LE(at + 2) : at + 2 + length;
}

/** Whether the cell at `at` says that there is nothing. */
export function isNone(bytes: Buffer, at: number): boolean {
  return bytes[at] === tags.none;
}

/** Whether the cell `bytes[at, end)` is a short text of ASCII, and this one; decoding it takes longer than looking. */
export function isShortAscii(bytes: Buffer, at: number, end: number, text: string): boolean {
  const start = at + 2;
  if (bytes[at] !== tags.string || text.length > shortText || end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || bytes[start + i] !== code) return false;
  }
  return true;
}

/** The value of the cell `bytes[at, end)`; bytes are a view. */
export function readCell(bytes: Buffer, at: number, end: number): StoredValue {
  const tag = bytes[at] as number;
  if (tag === tags.none) return undefined;
  if (tag === tags.int32) return bytes.readInt32LE(at + 1);
  if (tag === tags.float64) return bytes.readDoubleLE(at + 1);
  const start = bytes[at + 1] === longLength ? at + 6 : at + 2;
  if (tag === tags.string) return bytes.toString("utf8", start, end);
  const content = new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
  return tag === tags.bytes ? content : (decodeValue(content) as StoredValue);
}

function writeTag(sink: ByteSink, tag: number): void {
  sink.reserve(1);
  sink.bytes[sink.length++] = tag;
}

function writeString(sink: ByteSink, text: string): void {
  if (text.length <= shortText && writeShortAscii(sink, text)) return;
  const most = text.length * 3;
  sink.reserve(most + 6);
  const { bytes, length } = sink;
  bytes[length] = tags.string;
  const start = most < longLength ? length + 2 : length + 6;
  const written = bytes.write(text, start, "utf8");
  if (most < longLength) bytes[length + 1] = written;
  else writeLongLength(bytes, length + 1, written);
  sink.length = start + written;
}

/** The same without a call into native code, which takes longer than a short text does; false where it is not ASCII. */
function writeShortAscii(sink: ByteSink, text: string): boolean {
  sink.reserve(shortText + 2);
  const { bytes, length } = sink;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    bytes[length + 2 + i] = code;
  }
  bytes[length] = tags.string;
  bytes[length + 1] = text.length;
  sink.length = length + 2 + text.length;
  return true;
}

function writeNumber(sink: ByteSink, value: number): void {
  sink.reserve(9);
  if ((value | 0) === value && !Object.is(value, -0)) {
    sink.bytes[sink.length] = tags.int32;
    sink.length = sink.bytes.writeInt32LE(value, sink.length + 1);
  } else {
    sink.bytes[sink.length] = tags.float64;
    sink.length = sink.bytes.writeDoubleLE(value, sink.length + 1);
  }
}

function writeBytes(sink: ByteSink, tag: number, content: Uint8Array): void {
  sink.reserve(content.length + 6);
  const { bytes, length } = sink;
  bytes[length] = tag;
  if (content.length < longLength) {
    bytes[length + 1] = content.length;
    sink.length = length + 2;
  } else {
    writeLongLength(bytes, length + 1, content.length);
    sink.length = length + 6;
  }
  sink.append(content);
}

function writeLongLength(bytes: Buffer, at: number, length: number): void {
  bytes[at] = longLength;
  bytes.writeUInt32LE(length, at + 1);
}
