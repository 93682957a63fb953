/** A field of a message in protobuf's encoding. */
export interface MessageField {
  readonly number: number;
  /** A varint, or the bytes of what has a length; undefined for values of a fixed width. */
  readonly value: number | Uint8Array | undefined;
}

const varintBytesMax = 10;
/** By wire type: those of a fixed width. */
const widths: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/**
 * The fields of a message, in order. Groups, which nobody writes any more, are refused.
 *
 * @throws RangeError for what is no message, when the fields before it have been given.
 */
export function* messageFields(message: Uint8Array): Generator<MessageField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < varintBytesMax; i++) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError("a number is cut off");
      // Not shifted: what is shifted has 32 bits.
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is too long");
  };
  const bytes = (length: number): Uint8Array => {
    if (length > message.length - at) throw new RangeError("a value is cut off");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (number === 0) throw new RangeError("a field has the number 0");
    if (wireType === 0) yield { number, value: varint() };
    else if (wireType === 2) yield { number, value: bytes(varint()) };
    else {
      const width = widths[wireType];
      if (width === undefined) throw new RangeError(`a field has the wire type ${wireType}`);
      bytes(width);
      yield { number, value: undefined };
    }
  }
}
