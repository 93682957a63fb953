import { EmbeddedBroker } from "dstream/broker";
import { type RealKafka, startRealKafka } from "./real-kafka.ts";

/** What the integration tests run against: a real Kafka and the embedded broker. */
export const brokerKinds: Readonly<Record<string, () => Promise<RealKafka>>> = {
  // Its cleaner looks for work as often as the embedded broker does.
  "Apache Kafka": () => startRealKafka({ security: "log.cleaner.backoff.ms=1000" }),
  "the embedded broker": async () => {
    const broker = await EmbeddedBroker.start();
    return { brokers: broker.bootstrapServers, stop: () => broker.stop() };
  },
};
