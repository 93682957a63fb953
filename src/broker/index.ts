/** dstream/broker: the embedded broker, in process. @module */
import "../runtime/process/require-node.ts";

export { EmbeddedBroker, type EmbeddedBrokerOptions } from "./embedded-broker.ts";
