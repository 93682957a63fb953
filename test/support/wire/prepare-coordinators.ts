import { whenReady } from "./data-requests.ts";
import { WireConnection } from "./wire-connection.ts";

/** A real Kafka creates its topics for groups and transactions when somebody first asks for a coordinator. */
export async function prepareCoordinators(brokers: string): Promise<void> {
  const wire = await WireConnection.open(brokers);
  for (const keyType of [0, 1]) {
    await whenReady(async () => {
      const answer = await wire.request("findCoordinator", 3, (writer) => writer.string("any").int8(keyType).tags());
      answer.int32();
      return { errorCode: answer.int16() };
    });
  }
  wire.close();
}
