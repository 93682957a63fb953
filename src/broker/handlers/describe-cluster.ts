import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { authorizedOperations } from "./authorized-operations.ts";
import type { Handler } from "./handler.ts";

const endpointType = { brokers: 1, controllers: 2 };

export const describeCluster: Handler = ({ broker, reader, writer, version }) => {
  const wantsOperations = reader.boolean();
  const asked = version >= 1 ? reader.int8() : endpointType.brokers;
  reader.tags();
  if (asked !== endpointType.brokers) {
    const isController = asked === endpointType.controllers;
    const { MISMATCHED_ENDPOINT_TYPE, UNSUPPORTED_ENDPOINT_TYPE } = kafkaErrors;
    writer.int32(0).int16((isController ? MISMATCHED_ENDPOINT_TYPE : UNSUPPORTED_ENDPOINT_TYPE).code);
    writer.string(isController ? "this is a broker, not a controller" : `Unsupported endpoint type ${asked}`);
    writer
      .int8(endpointType.brokers)
      .string("")
      .int32(-1)
      .array([], () => {})
      .int32(authorizedOperations("cluster", false))
      .tags();
    return undefined;
  }
  writer.int32(0).int16(0).string(null);
  if (version >= 1) writer.int8(endpointType.brokers);
  writer.string(broker.cluster.id).int32(broker.cluster.controller());
  writer.array(broker.cluster.nodes(), ({ id, host, port }) =>
    writer.int32(id).string(host).int32(port).string(null).tags(),
  );
  writer.int32(authorizedOperations("cluster", wantsOperations)).tags();
  return undefined;
};
