import { apiKeys } from "../kafka/protocol/api-keys.ts";
import { ByteReader } from "../kafka/protocol/byte-reader.ts";
import { ByteWriter } from "../kafka/protocol/byte-writer.ts";
import { kafkaErrors } from "../kafka/protocol/kafka-error-codes.ts";
import type { BrokerState } from "./broker-state.ts";

/** Of all arrays of a request together; a request for ten thousand partitions has some ten thousand. */
const maxElements = 1_000_000;

export interface Client {
  /** "/127.0.0.1" */
  readonly host: string;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;
}

/**
 * The answer to one request; undefined: none is wanted.
 *
 * @throws for what is no request, or one of an API or version that is not spoken here: as with Kafka, the connection is of no use then.
 */
export async function answerRequest(
  frame: Buffer,
  broker: BrokerState,
  client: Client,
): Promise<ByteWriter | undefined> {
  const reader = new ByteReader(frame, { maxElements });
  const [apiKey, version, correlationId] = [reader.int16(), reader.int16(), reader.int32()];
  const writer = new ByteWriter().int32(correlationId);
  const api = broker.apis.get(apiKey);
  if (apiKey === apiKeys.apiVersions && api !== undefined && version > api.max) {
    // By KIP-511 answered in version 0, so that the client can ask again.
    writer.int16(kafkaErrors.UNSUPPORTED_VERSION.code);
    return writer.array([...broker.apis], ([key, { min, max }]) => writer.int16(key).int16(min).int16(max));
  }
  if (api === undefined || version < api.min || version > api.max)
    throw new RangeError(`API ${apiKey} version ${version} is not supported`);
  const clientId = reader.nullableString() ?? "";
  const isFlexible = version >= api.flexibleFrom;
  reader.flexible = isFlexible;
  reader.tags();
  // The header of ApiVersions' answer never has tags, since its client does not know the version yet.
  if (isFlexible && apiKey !== apiKeys.apiVersions) writer.unsignedVarint(0);
  writer.flexible = isFlexible;
  const context = { broker, reader, writer, version, clientId, clientHost: client.host, signal: client.signal };
  return (await api.handler(context)) === false ? undefined : writer;
}
