// Variable-length integers of record batches (Protocol Buffers' zigzag varints). A read returns the value and leaves the
// position behind it in `varint.end`: a pair would cost an allocation a field. The `raw` forms are still zigzag coded.

/** Where the last read ended. */
export const varint = { end: 0 };

/** An unsigned number of up to 32 bits. More than that, or bytes behind the buffer, read as a value no length has: -1. */
export function readRawVarint(bytes: Uint8Array, start: number): number {
  const first = bytes[start] as number;
  if (first < 128) {
    varint.end = start + 1;
    return first;
  }
  const second = bytes[start + 1] as number;
  if (second < 128) {
    varint.end = start + 2;
    return (first & 127) | (second << 7);
  }
  return readLongRawVarint(bytes, start);
}

function readLongRawVarint(bytes: Uint8Array, start: number): number {
  let raw = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[start + i];
    if (byte === undefined || (i === 4 && byte > 15)) break;
    raw |= (byte & 127) << (7 * i);
    if (byte < 128) {
      varint.end = start + i + 1;
      return raw >>> 0;
    }
  }
  varint.end = start + 5;
  return -1;
}

/** A signed number of up to 64 bits; beyond 2^53 the nearest number. NaN where it does not end within ten bytes. */
export function readVarlong(bytes: Uint8Array, start: number): number {
  const raw = readRawVarint(bytes, start);
  if (raw >= 0) return decodeZigzag(raw);
  let long = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) break;
    long |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) {
      varint.end = start + i + 1;
      return Number(BigInt.asIntN(64, (long >> 1n) ^ -(long & 1n)));
    }
  }
  varint.end = start + 10;
  return Number.NaN;
}

/** 0, 1, 2, 3 … stand for 0, -1, 1, -2 … */
export function decodeZigzag(raw: number): number {
  return (raw >>> 1) ^ -(raw & 1);
}

/** Bytes that `raw`, an unsigned number of up to 32 bits, takes. */
export function rawVarintBytes(raw: number): number {
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x200000 ? 3 : raw < 0x10000000 ? 4 : 5;
}

/** Writes an unsigned number of up to 32 bits; returns the position behind it. */
export function writeRawVarint(bytes: Uint8Array, start: number, raw: number): number {
  let position = start;
  for (; raw > 127; raw >>>= 7) bytes[position++] = (raw & 127) | 128;
  bytes[position++] = raw;
  return position;
}

/** Bytes that a signed whole number of up to 53 bits takes. */
export function varlongBytes(value: number): number {
  let bytes = 1;
  for (let rest = zigzagDouble(value); rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes a signed whole number of up to 53 bits; returns the position behind it. */
export function writeVarlong(bytes: Uint8Array, start: number, value: number): number {
  let position = start;
  let rest = zigzagDouble(value);
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[position++] = (rest % 128) | 128;
  bytes[position++] = rest;
  return position;
}

/** Zigzag without bit operations, which would cut to 32 bits. */
function zigzagDouble(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
