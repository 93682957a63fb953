import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { nodeCodeOf } from "../../errors/shown/thrown.ts";
import { KafkaClient } from "../../kafka/client/kafka-client.ts";
import { producerSettings } from "../../kafka/producer/producer-options.ts";
import { RecordProducer } from "../../kafka/producer/record-producer.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { type Command, integer, required, UsageError } from "../arguments.ts";
import { clientSettings, commandConfigHelp, commandConfigOption } from "../command-config.ts";
import { printLine } from "../terminal.ts";

export const produce: Command = {
  usage: "produce TOPIC [--file F] [--rate N]",
  help: `send lines as records, from standard input or a file
  --file F            default: standard input, until it is closed
  --rate N            lines per second; default: as fast as possible
  --key-separator S   text before S is the key
${commandConfigHelp}`,
  options: {
    file: { type: "string" },
    rate: { type: "string" },
    "key-separator": { type: "string" },
    ...commandConfigOption,
  },
  maxArguments: 1,
  async run({ positionals: [topic], values }, terminal) {
    const name = required(topic, "TOPIC");
    const rate = integer(values, "rate", 1);
    const separator = values["key-separator"] as string | undefined;
    const settings = clientSettings(values);
    const client = new KafkaClient(settings, thisMachine);
    await checkTopic(client, name);
    const input = values.file === undefined ? terminal.input : createReadStream(values.file as string);
    const unreadable = new Promise<never>((_, reject) =>
      input.on("error", (error: Error) => reject(new UsageError(`--file: ${error.message}`))),
    );
    const producer = new RecordProducer(producerSettings({ brokers: settings.brokers }), client, thisMachine);
    let sent = 0;
    const progress = setInterval(() => void printLine(terminal.errors, `${sent} records sent`), 1_000);
    const interrupt = (): void => {
      input.destroy();
    };
    process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
    const sendAll = async (): Promise<void> => {
      const startedAt = performance.now();
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        await producer.append({ topic: name, ...split(line, separator) });
        sent++;
        if (rate !== undefined) await delay(Math.max(0, startedAt + (sent * 1_000) / rate - performance.now()));
      }
    };
    try {
      await Promise.race([sendAll(), unreadable]).catch((error: unknown) => {
        if (!["ERR_STREAM_PREMATURE_CLOSE", "ERR_USE_AFTER_CLOSE"].includes(nodeCodeOf(error) ?? "")) throw error;
      });
      await producer.flush();
    } finally {
      clearInterval(progress);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      await producer.close().finally(() => client.close());
    }
    await printLine(terminal.errors, `${sent} records sent`);
  },
};

/** Lines may come late, or never: a mistake in the topic's name should show at once. @throws TOPIC_NOT_FOUND */
async function checkTopic(client: KafkaClient, topic: string): Promise<void> {
  try {
    await client.partitionCount(topic);
  } catch (error) {
    await client.close();
    throw error;
  }
}

function split(line: string, separator: string | undefined): { key: string | null; value: string } {
  const at = separator === undefined ? -1 : line.indexOf(separator);
  return at < 0
    ? { key: null, value: line }
    : { key: line.slice(0, at), value: line.slice(at + (separator as string).length) };
}
