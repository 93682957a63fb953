import { createHash } from "node:crypto";
import { flumeProtocol } from "./sink-client.ts";

// Requests of a sink byte by byte, so that a test may get them wrong.

/** A whole number in Avro's binary form. */
export function long(value: number): number[] {
  const bytes: number[] = [];
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  return [...bytes, left];
}

/** Text or bytes, with their length before them. */
export function text(value: string | Uint8Array): number[] {
  const bytes = Buffer.from(value as string);
  return [...long(bytes.length), ...bytes];
}

const hashOf = (protocol: string): Buffer => createHash("md5").update(protocol).digest();

/** The handshake of a client that tells its protocol, and does not know the server's. */
export function handshake(protocol: string = JSON.stringify(flumeProtocol)): number[] {
  const hash = hashOf(protocol);
  return [...hash, ...long(1), ...text(protocol), ...hash, ...long(0)];
}

/** A call without metadata. */
export function call(message: string, request: readonly number[]): number[] {
  return [0, ...text(message), ...request];
}

const int32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** A pack of these frames. */
export function pack(serial: number, ...frames: readonly (readonly number[])[]): Buffer {
  const framed = frames.flatMap((frame) => [...int32(frame.length), ...frame]);
  return Buffer.from([...int32(serial), ...int32(frames.length), ...framed]);
}

/** The head of a pack and of its first frame, whatever follows. */
export function packHead(serial: number, frames: number, firstFrameBytes?: number): Buffer {
  const first = firstFrameBytes === undefined ? [] : int32(firstFrameBytes);
  return Buffer.from([...int32(serial), ...int32(frames), ...first]);
}
