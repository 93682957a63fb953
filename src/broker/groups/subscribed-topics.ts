import { ByteReader } from "../../kafka/protocol/byte-reader.ts";
import { ProtocolError } from "../../kafka/protocol/protocol-error.ts";
import type { ConsumerGroup } from "./consumer-group.ts";

/** Topics that the members of a group of consumers say they read. A subscription begins with a version and the list of topics. */
export function subscribedTopics({ members, protocol }: ConsumerGroup): string[] {
  if (members.protocolType !== "consumer") return [];
  return members.all().flatMap(({ protocols }) => {
    const metadata = protocols.find(({ name }) => name === protocol)?.metadata;
    if (metadata === undefined) return [];
    try {
      const reader = new ByteReader(metadata);
      reader.int16();
      return reader.array(() => reader.string());
    } catch (error) {
      if (error instanceof ProtocolError) return [];
      throw error;
    }
  });
}
