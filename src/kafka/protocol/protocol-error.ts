/** Bytes that do not follow Kafka's protocol. The broker drops the connection, the client turns it into a DStreamError. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}
