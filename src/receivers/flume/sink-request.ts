import { AvroReader } from "./avro-reader.ts";
import { tooLarge } from "./data-pack.ts";
import type { FlumeEvent } from "./flume-event.ts";
import { senderRefused } from "./sender-refused.ts";
import { type AppendMessage, appendMessagesOf, protocolHash, sourceProtocol } from "./source-protocol.ts";

// What an Avro sink asks for. The first requests of a connection begin with a handshake, until one of them has told a protocol that
// is known; the answer begins with a handshake then, too.

/** Protocols that senders have told, by their hash: with one that is known a handshake is one round trip instead of two. */
export class KnownProtocols {
  static readonly #most = 64;
  readonly #messages = new Map<string, ReadonlySet<AppendMessage>>();

  get(hash: Buffer): ReadonlySet<AppendMessage> | undefined {
    return this.#messages.get(hash.toString("hex"));
  }

  /** What a sender with this protocol may send. @throws SENDER_REFUSED */
  learn(protocol: string): ReadonlySet<AppendMessage> {
    const messages = appendMessagesOf(protocol);
    if (this.#messages.size < KnownProtocols.#most)
      this.#messages.set(protocolHash(protocol).toString("hex"), messages);
    return messages;
  }
}

/** A request whose events have not been read yet. */
export interface SinkRequest {
  readonly message: AppendMessage;
  /** What the answer begins with. */
  readonly handshake: Buffer;
  /** Of the events. */
  readonly reader: AvroReader;
}

export const statuses = { ok: 0, failed: 1 } as const;
const matches = { both: 0, client: 1, none: 2 } as const;
const hashBytes = 16;
const maxProtocolBytes = 64 * 1024;
/** What an event and a header take in memory besides their bytes, about. */
const [eventBytes, headerBytes] = [100, 50];
const none = Buffer.alloc(0);
/** No metadata, no error, no value. */
const emptyAnswer = Buffer.from([0, 0]);

/** Reads the requests of one connection up to their events. */
export class SinkRequests {
  readonly #known: KnownProtocols;
  /** undefined until the sender's protocol is known. */
  #messages: ReadonlySet<AppendMessage> | undefined;

  constructor(known: KnownProtocols) {
    this.#known = known;
  }

  /** Whether the sender has shown that it is an Avro sink. */
  get areKnown(): boolean {
    return this.#messages !== undefined;
  }

  /** A request, or the answer to one that brings no events: a handshake that has to come again with the protocol, or alone. @throws SENDER_REFUSED */
  read(bytes: Buffer): SinkRequest | Buffer {
    const reader = new AvroReader(bytes);
    const handshake = this.#messages === undefined ? this.#handshake(reader) : none;
    if (this.#messages === undefined) return handshake;
    skipMetadata(reader);
    const message = reader.text();
    if (message === "") return Buffer.concat([handshake, emptyAnswer]);
    if (!isOneOf(this.#messages, message)) throw senderRefused("it calls another method than append and appendBatch");
    return { handshake, message, reader };
  }

  #handshake(reader: AvroReader): Buffer {
    const clientHash = reader.fixed(hashBytes);
    const clientProtocol = reader.optional(() => reader.bytes());
    const serverHash = reader.fixed(hashBytes);
    reader.optional(() => skipMetadata(reader));
    if (clientProtocol !== undefined && clientProtocol.length > maxProtocolBytes) {
      throw senderRefused(`its protocol has ${clientProtocol.length} bytes, and ${maxProtocolBytes} are allowed`);
    }
    this.#messages =
      clientProtocol === undefined ? this.#known.get(clientHash) : this.#known.learn(clientProtocol.toString());
    if (this.#messages === undefined) return handshakeAnswer(matches.none);
    return handshakeAnswer(serverHash.equals(sourceProtocol.hash) ? matches.both : matches.client);
  }
}

/**
 * The events of a request.
 *
 * @throws FRAME_TOO_LARGE when they would take more memory than `maxBytes`; SENDER_REFUSED.
 */
export function eventsOf(
  { message, reader }: SinkRequest,
  maxBytes: number,
): { events: FlumeEvent[]; hasLostHeader: boolean } {
  const events: FlumeEvent[] = [];
  let bytesLeft = maxBytes - reader.left;
  let hasLostHeader = false;
  const spend = (bytes: number): void => {
    bytesLeft -= bytes;
    if (bytesLeft < 0)
      throw tooLarge(`the events of a request take ${maxBytes - bytesLeft} bytes of memory or more`, maxBytes);
  };
  const readEvent = (): void => {
    spend(eventBytes);
    const headers: Record<string, string> = {};
    reader.elements(() => {
      spend(headerBytes);
      const [name, value] = [reader.text(), reader.text()];
      if (name === "__proto__") hasLostHeader = true;
      else headers[name] = value;
    });
    // A copy: a view would keep the whole request in memory.
    events.push({ headers, body: new Uint8Array(reader.bytes()) });
  };
  if (message === "appendBatch") reader.elements(readEvent);
  else readEvent();
  if (reader.left > 0)
    throw senderRefused(`what came is no request of an Avro sink: ${reader.left} bytes are left over`);
  return { events, hasLostHeader };
}

/** The answer to a request with events. */
export function statusAnswer({ handshake }: SinkRequest, status: number): Buffer {
  return Buffer.concat([handshake, emptyAnswer, Buffer.from([2 * status])]);
}

function isOneOf(messages: ReadonlySet<AppendMessage>, message: string): message is AppendMessage {
  return (messages as ReadonlySet<string>).has(message);
}

function skipMetadata(reader: AvroReader): void {
  reader.elements(() => {
    reader.bytes();
    reader.bytes();
  });
}

/**
 * Without `both`, Java's client wants to be told our protocol: with `none`, too, where it knows our hash from an earlier connection;
 * else it fails at each try.
 */
function handshakeAnswer(match: number): Buffer {
  if (match === matches.both) return Buffer.from([2 * match, 0, 0, 0]);
  const protocol = Buffer.from(sourceProtocol.text);
  const length = encodeLong(protocol.length);
  return Buffer.concat([
    Buffer.from([2 * match, 2]),
    length,
    protocol,
    Buffer.from([2]),
    sourceProtocol.hash,
    Buffer.from([0]),
  ]);
}

function encodeLong(value: number): Buffer {
  const bytes: number[] = [];
  let left = 2 * value;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  bytes.push(left);
  return Buffer.from(bytes);
}
