import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { BrokerState } from "../../broker-state.ts";
import type { Handler } from "../handler.ts";

const keyTypes = { group: 0, transaction: 1 };
/** What Kafka says to versions that have room for a message, when all is well. */
const noMessage = "NONE";
const nobody = { id: -1, host: "", port: -1 };

/** Which node coordinates a group or transactional id. */
export const findCoordinator: Handler = ({ broker, reader, writer, version }) => {
  const first = version < 4 ? reader.string() : undefined;
  const keyType = version >= 1 ? reader.int8() : keyTypes.group;
  const keys = first === undefined ? reader.array(() => reader.string()) : [first];
  reader.tags();
  if (version >= 1) writer.int32(0);
  const found = keys.map((key) => ({ key, ...find(broker, keyType, key) }));
  if (version >= 4) {
    writer.array(found, ({ key, node, errorCode }) =>
      writer.string(key).int32(node.id).string(node.host).int32(node.port).int16(errorCode).string("").tags(),
    );
  } else {
    for (const { node, errorCode, message } of found) {
      writer.int16(errorCode);
      if (version >= 1) writer.string(message);
      writer.int32(node.id).string(node.host).int32(node.port);
    }
  }
  writer.tags();
  return undefined;
};

function find({ cluster }: BrokerState, keyType: number, key: string) {
  if (keyType !== keyTypes.group && keyType !== keyTypes.transaction) {
    const message = "this node coordinates groups and transactions only";
    return { node: nobody, errorCode: kafkaErrors.INVALID_REQUEST.code, message };
  }
  const node = cluster.coordinator(keyType === keyTypes.group ? "group" : "transaction", key);
  if (node !== undefined) return { node, errorCode: 0, message: noMessage };
  const { code } = kafkaErrors.COORDINATOR_NOT_AVAILABLE;
  return { node: nobody, errorCode: code, message: "The coordinator is not available." };
}
