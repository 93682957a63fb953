import { KafkaClient } from "../../kafka/client/kafka-client.ts";
import { brokersOf, type Command, integer, required, UsageError, type Values } from "../arguments.ts";

export const topics: Command = {
  usage: "topics create|list|describe|delete [NAME]",
  help: `create, list, describe and delete topics
  create NAME --partitions N --config KEY=VALUE   default: the broker's number of partitions
  list
  describe NAME                                   offsets of each partition
  delete NAME`,
  options: { partitions: { type: "string" }, config: { type: "string", multiple: true } },
  async run([action, name], values) {
    const client = new KafkaClient({ brokers: brokersOf(values) });
    try {
      await act(client, action, name, values);
    } finally {
      await client.close();
    }
  },
};

async function act(
  client: KafkaClient,
  action: string | undefined,
  name: string | undefined,
  values: Values,
): Promise<void> {
  if (action === "list") {
    for (const topic of (await client.topics()).toSorted()) console.log(topic);
  } else if (action === "create") {
    await client.createTopic(required(name, "NAME"), integer(values, "partitions", 1), configOf(values));
    console.log(`created ${name}`);
  } else if (action === "delete") {
    await client.deleteTopic(required(name, "NAME"));
    console.log(`deleted ${name}`);
  } else if (action === "describe") {
    await describe(client, required(name, "NAME"));
  } else {
    throw new UsageError(`topics ${action ?? ""}: one of create, list, describe, delete`);
  }
}

async function describe(client: KafkaClient, topic: string): Promise<void> {
  const count = await client.partitionCount(topic);
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  const [first, last] = await Promise.all([
    client.listOffsets(partitions, "earliest", "read_uncommitted"),
    client.listOffsets(partitions, "latest", "read_uncommitted"),
  ]);
  console.log("partition  earliest  latest");
  for (const { partition } of partitions) {
    const offsetIn = (listed: typeof first): string =>
      String(listed.find((entry) => entry.partition === partition)?.offset);
    console.log(`${String(partition).padEnd(9)}  ${offsetIn(first).padEnd(8)}  ${offsetIn(last)}`);
  }
}

function configOf(values: Values): Record<string, string> {
  const entries = ((values.config as string[] | undefined) ?? []).map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--config must be KEY=VALUE, not ${text}`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries);
}
