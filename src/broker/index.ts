/** dstream/broker: the embedded broker, in process. @module */
export { EmbeddedBroker, type EmbeddedBrokerOptions } from "./embedded-broker.ts";
