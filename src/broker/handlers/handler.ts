import type { ByteReader } from "../../kafka/protocol/byte-reader.ts";
import type { ByteWriter } from "../../kafka/protocol/byte-writer.ts";
import type { BrokerState } from "../broker-state.ts";

/** One request: what it says, where the answer goes, and in which version both are. */
export interface RequestContext {
  readonly broker: BrokerState;
  readonly reader: ByteReader;
  readonly writer: ByteWriter;
  readonly version: number;
  readonly clientId: string;
  /** "/127.0.0.1", as Kafka shows it. */
  readonly clientHost: string;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;
}

/**
 * Answers a request; false: no answer is wanted. It reads all of the request before it does anything: what is cut off or malformed
 * throws and has no effect.
 */
export type Handler = (context: RequestContext) => undefined | false | Promise<undefined>;
