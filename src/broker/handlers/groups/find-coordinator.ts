import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { nodeId } from "../../broker-state.ts";
import type { Handler } from "../handler.ts";

const keyTypes = { group: 0, transaction: 1 };
/** What Kafka says to versions that have room for a message, when all is well. */
const noMessage = "NONE";

/** This node coordinates all groups and transactions. */
export const findCoordinator: Handler = ({ broker, reader, writer, version }) => {
  const first = version < 4 ? reader.string() : undefined;
  const keyType = version >= 1 ? reader.int8() : keyTypes.group;
  const keys = first === undefined ? reader.array(() => reader.string()) : [first];
  reader.tags();
  const isKnown = keyType === keyTypes.group || keyType === keyTypes.transaction;
  const [node, host, port] = isKnown ? [nodeId, broker.host, broker.port] : [-1, "", -1];
  const errorCode = isKnown ? 0 : kafkaErrors.INVALID_REQUEST.code;
  if (version >= 1) writer.int32(0);
  if (version >= 4) {
    writer.array(keys, (key) =>
      writer.string(key).int32(node).string(host).int32(port).int16(errorCode).string("").tags(),
    );
  } else {
    writer.int16(errorCode);
    if (version >= 1) writer.string(isKnown ? noMessage : "this node coordinates groups and transactions only");
    writer.int32(node).string(host).int32(port);
  }
  writer.tags();
  return undefined;
};
