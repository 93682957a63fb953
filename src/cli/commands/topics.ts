import { KafkaClient } from "../../kafka/client/kafka-client.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { type Command, integer, required, UsageError, type Values } from "../arguments.ts";
import { clientSettings, commandConfigHelp, commandConfigOption } from "../command-config.ts";
import { printLine } from "../terminal.ts";

export const topics: Command = {
  usage: "topics create|list|describe|delete [NAME]",
  help: `create, list, describe and delete topics
  create NAME --partitions N --config KEY=VALUE   default: the broker's number of partitions
  list
  describe NAME                                   offsets of each partition
  delete NAME
${commandConfigHelp}`,
  options: {
    partitions: { type: "string" },
    config: { type: "string", multiple: true },
    ...commandConfigOption,
  },
  maxArguments: 2,
  async run({ positionals: [action, name], values }, { output }) {
    if (action === undefined || !Object.hasOwn(actions, action)) {
      const names = Object.keys(actions).join(", ");
      throw new UsageError(
        action === undefined ? `ACTION is missing: one of ${names}` : `no action ${action} of ${names}`,
      );
    }
    if (action === "list" && name !== undefined) throw new UsageError(`unexpected argument ${name}`);
    const topic = action === "list" ? "" : required(name, "NAME");
    const client = new KafkaClient(clientSettings(values), thisMachine);
    try {
      const lines = await actions[action as keyof typeof actions](client, topic, values);
      for (const line of lines) await printLine(output, line);
    } finally {
      await client.close();
    }
  },
};

/** What each action does; returns the lines to print. */
const actions = {
  async create(client: KafkaClient, topic: string, values: Values): Promise<string[]> {
    await client.createTopic(topic, integer(values, "partitions", 1), configOf(values));
    return [`created ${topic}`];
  },
  async list(client: KafkaClient): Promise<string[]> {
    return (await client.topics()).toSorted();
  },
  describe,
  async delete(client: KafkaClient, topic: string): Promise<string[]> {
    await client.deleteTopic(topic);
    return [`deleted ${topic}`];
  },
};

async function describe(client: KafkaClient, topic: string): Promise<string[]> {
  const count = await client.partitionCount(topic);
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  const [first, last] = await Promise.all([
    client.listOffsets(partitions, "earliest", "read_uncommitted"),
    client.listOffsets(partitions, "latest", "read_uncommitted"),
  ]);
  const rows = partitions.map(({ partition }) => {
    const offsetIn = (listed: typeof first): string =>
      String(listed.find((entry) => entry.partition === partition)?.offset);
    return `${String(partition).padEnd(9)}  ${offsetIn(first).padEnd(8)}  ${offsetIn(last)}`;
  });
  return ["partition  earliest  latest", ...rows];
}

function configOf(values: Values): Record<string, string> {
  const entries = ((values.config as string[] | undefined) ?? []).map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--config must be KEY=VALUE, not ${text}`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries);
}
