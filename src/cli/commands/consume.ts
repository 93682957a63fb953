import { setTimeout as delay } from "node:timers/promises";
import { KafkaClient } from "../../kafka/client/kafka-client.ts";
import { ReadingNotes } from "../../kafka/consumer/reading-notes.ts";
import type { ConsumerRecord, TopicPartition } from "../../kafka/types.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { readRecords } from "../../sources/kafka/reading/record-source.ts";
import { type Command, integer, required, UsageError, type Values } from "../arguments.ts";
import { clientSettings, commandConfigHelp, commandConfigOption } from "../command-config.ts";
import { printLine, type Terminal } from "../terminal.ts";

const pollPauseMs = 200;

export const consume: Command = {
  usage: "consume TOPIC [--from earliest|latest|OFFSET]",
  help: `print the records of a topic
  --from P            earliest (default), latest, or an offset in each partition
  --until P           end: what is there now; or an offset; default: until interrupted
  --format F          text (default): the value, behind key and tab where it has one; json: all of the record
  --max-records N     stop after so many
${commandConfigHelp}`,
  options: {
    from: { type: "string" },
    until: { type: "string" },
    format: { type: "string" },
    "max-records": { type: "string" },
    ...commandConfigOption,
  },
  maxArguments: 1,
  async run({ positionals: [topic], values }, terminal) {
    const client = new KafkaClient(clientSettings(values), thisMachine);
    const abort = new AbortController();
    const stop = (): void => {
      abort.abort();
      // A broker may be silent just now.
      void client.close();
    };
    process.once("SIGINT", stop).once("SIGTERM", stop);
    try {
      await print(client, required(topic, "TOPIC"), values, terminal, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    } finally {
      process.off("SIGINT", stop).off("SIGTERM", stop);
      await client.close();
    }
  },
};

async function print(
  client: KafkaClient,
  topic: string,
  values: Values,
  { output, errors }: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const format = formatter(values);
  let left = integer(values, "max-records", 1) ?? Number.POSITIVE_INFINITY;
  const count = await client.partitionCount(topic);
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  const positions = await offsets(client, partitions, (values.from as string | undefined) ?? "earliest", "from");
  const ends =
    values.until === undefined
      ? undefined
      : await offsets(client, partitions, values.until === "end" ? "latest" : (values.until as string), "until");
  while (!signal.aborted) {
    const latest = ends ?? (await offsets(client, partitions, "latest", "until"));
    for (const at of partitions) {
      const range = { ...at, fromOffset: positions.get(at.partition) ?? 0, untilOffset: latest.get(at.partition) ?? 0 };
      const notes = new ReadingNotes();
      for await (const records of readRecords(client, range, { nullValues: "keep" }, signal, notes)) {
        for (const record of records.slice(0, left)) await printLine(output, format(record));
        left -= records.length;
        if (left <= 0) return;
      }
      for (const text of notes.warnings) await printLine(errors, `warning: ${text}`);
      positions.set(at.partition, Math.max(range.fromOffset, range.untilOffset));
    }
    if (ends !== undefined) return;
    await delay(pollPauseMs, undefined, { signal });
  }
}

async function offsets(
  client: KafkaClient,
  partitions: readonly TopicPartition[],
  at: string,
  option: string,
): Promise<Map<number, number>> {
  if (at === "earliest" || at === "latest") {
    const listed = await client.listOffsets(partitions, at, "read_committed");
    return new Map(listed.map(({ partition, offset }) => [partition, offset]));
  }
  const offset = integer({ [option]: at }, option, 0) as number;
  return new Map(partitions.map(({ partition }) => [partition, offset]));
}

function formatter(values: Values): (record: ConsumerRecord<unknown, unknown>) => string {
  const { format = "text" } = values;
  if (format === "json")
    return (record) =>
      JSON.stringify({
        ...record,
        headers: record.headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()]),
      });
  if (format !== "text") throw new UsageError(`--format must be text or json, not ${String(format)}`);
  return ({ key, value }) => (key === null ? String(value ?? "") : `${String(key)}\t${String(value ?? "")}`);
}
