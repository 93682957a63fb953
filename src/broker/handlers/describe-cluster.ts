import { nodeId } from "../broker-state.ts";
import { type Handler, notAsked } from "./handler.ts";

const endpointType = { brokers: 1 };

export const describeCluster: Handler = ({ broker, reader, writer, version }) => {
  reader.boolean();
  if (version >= 1) reader.int8();
  reader.tags();
  writer.int32(0).int16(0).string(null);
  if (version >= 1) writer.int8(endpointType.brokers);
  writer.string(broker.clusterId).int32(nodeId);
  writer.array([nodeId], (node) => writer.int32(node).string(broker.host).int32(broker.port).string(null).tags());
  writer.int32(notAsked).tags();
  return undefined;
};
