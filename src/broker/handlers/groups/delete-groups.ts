import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { BrokerState } from "../../broker-state.ts";
import type { Handler } from "../handler.ts";

export const deleteGroups: Handler = ({ broker, reader, writer }) => {
  const ids = [...new Set(reader.array(() => reader.string()))];
  reader.tags();
  writer.int32(0).array(ids, (id) => writer.string(id).int16(deleteGroup(broker, id)).tags());
  writer.tags();
  return undefined;
};

function deleteGroup({ groups }: BrokerState, id: string): number {
  const group = groups.find(id);
  if (group === undefined) return kafkaErrors.GROUP_ID_NOT_FOUND.code;
  if (group.state !== "Empty") return kafkaErrors.NON_EMPTY_GROUP.code;
  groups.delete(id);
  return 0;
}
