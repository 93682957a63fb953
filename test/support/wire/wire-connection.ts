// A connection that sends any request in any version, good or bad: what the conformance cases speak with. It shares the primitive
// types with the client and nothing else, so that a mistake in the client's requests can't hide one of the broker's.
import { createConnection, type Socket } from "node:net";
import { type ApiName, apiKeys } from "../../../src/kafka/protocol/api-keys.ts";
import { ByteReader } from "../../../src/kafka/protocol/byte-reader.ts";
import { ByteWriter } from "../../../src/kafka/protocol/byte-writer.ts";
import { FrameSplitter } from "../../../src/kafka/protocol/frame-splitter.ts";

/** First flexible version of each API. */
const flexibleFrom: Readonly<Record<ApiName, number>> = {
  produce: 9,
  fetch: 12,
  listOffsets: 6,
  metadata: 9,
  offsetCommit: 8,
  offsetFetch: 6,
  findCoordinator: 3,
  joinGroup: 6,
  heartbeat: 4,
  leaveGroup: 4,
  syncGroup: 4,
  describeGroups: 5,
  listGroups: 3,
  apiVersions: 3,
  saslHandshake: Number.POSITIVE_INFINITY,
  saslAuthenticate: 2,
  createTopics: 5,
  deleteTopics: 4,
  deleteRecords: 2,
  initProducerId: 2,
  offsetForLeaderEpoch: 4,
  addPartitionsToTxn: 3,
  addOffsetsToTxn: 3,
  endTxn: 3,
  txnOffsetCommit: 3,
  describeConfigs: 4,
  alterConfigs: 2,
  createPartitions: 2,
  deleteGroups: 2,
  incrementalAlterConfigs: 1,
  offsetDelete: Number.POSITIVE_INFINITY,
  describeCluster: 0,
  describeProducers: 0,
  describeTransactions: 0,
  listTransactions: 0,
};

interface Waiting {
  readonly isFlexible: boolean;
  readonly hasTags: boolean;
  readonly resolve: (reader: ByteReader) => void;
  readonly reject: (error: Error) => void;
}

/** One socket; answers come in the order of the requests. */
export class WireConnection {
  /** Resolves when the broker has ended the connection. */
  readonly closed: Promise<void>;
  readonly socket: Socket;
  readonly #waiting: Waiting[] = [];
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    const splitter = new FrameSplitter((frame) => this.#receive(frame));
    socket.on("data", (chunk: Buffer) => splitter.push(chunk));
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        for (const { reject } of this.#waiting) reject(new Error("the broker ended the connection"));
        resolve();
      });
    });
  }

  /** `brokers` is "host:port". */
  static async open(brokers: string): Promise<WireConnection> {
    const [host, port] = brokers.split(":");
    const socket = createConnection({ host: host as string, port: Number(port), noDelay: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new WireConnection(socket);
  }

  /** Sends a request whose body `write` writes. Resolves to a reader at the answer's body; rejects when the broker hangs up. */
  request(api: ApiName, version: number, write: (writer: ByteWriter) => void): Promise<ByteReader> {
    const answer = this.#answer(version >= flexibleFrom[api], api !== "apiVersions");
    this.send(requestFrame(api, version, this.#correlationId++, write));
    return answer;
  }

  /** Bytes as they are. */
  send(parts: readonly Uint8Array[]): void {
    this.socket.cork();
    for (const part of parts) this.socket.write(part);
    this.socket.uncork();
  }

  close(): void {
    this.socket.destroy();
  }

  #answer(isFlexible: boolean, hasTags: boolean): Promise<ByteReader> {
    return new Promise((resolve, reject) => this.#waiting.push({ isFlexible, hasTags, resolve, reject }));
  }

  #receive(frame: Buffer): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new Error("an answer that nobody waits for");
    const reader = new ByteReader(frame, { flexible: waiting.isFlexible, start: 4 });
    if (waiting.hasTags) reader.tags();
    waiting.resolve(reader);
  }
}

/** A whole request, its length in front. */
export function requestFrame(
  api: ApiName,
  version: number,
  correlationId: number,
  write: (writer: ByteWriter) => void,
): Buffer[] {
  const writer = new ByteWriter().int16(apiKeys[api]).int16(version).int32(correlationId).string("wire");
  writer.flexible = version >= flexibleFrom[api];
  write(writer.tags());
  return writer.frame();
}
