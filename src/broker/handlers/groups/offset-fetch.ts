import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import type { Handler, RequestContext } from "../handler.ts";

/** Null: all that the group has. */
type Asked = readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null;

export const offsetFetch: Handler = (context) => {
  const { reader, writer, version } = context;
  if (version >= 8) {
    const groups = reader.array(() => {
      const group = reader.string();
      if (version >= 9) {
        reader.nullableString();
        reader.int32();
      }
      const asked = readAsked(context);
      reader.tags();
      return { group, asked };
    });
    const isStrict = reader.boolean();
    reader.tags();
    writer.int32(0).array(groups, ({ group, asked }) => {
      writer.string(group);
      writeOffsets(context, group, asked, isStrict);
      writer.int16(0).tags();
    });
  } else {
    const group = reader.string();
    const asked = readAsked(context);
    const isStrict = version >= 7 && reader.boolean();
    reader.tags();
    if (version >= 3) writer.int32(0);
    writeOffsets(context, group, asked, isStrict);
    if (version >= 2) writer.int16(0);
  }
  writer.tags();
  return undefined;
};

function readAsked({ reader }: RequestContext): Asked {
  return reader.nullableArray(() => {
    const topic = reader.string();
    const partitions = reader.array(() => reader.int32());
    reader.tags();
    return { topic, partitions };
  });
}

/** @param isStrict an offset that an open transaction may change is refused, so that its reader waits. */
function writeOffsets(
  { broker, writer, version }: RequestContext,
  group: string,
  asked: Asked,
  isStrict: boolean,
): void {
  const results = (asked ?? allOf(broker.groups.offsets(group))).map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => {
      const isPending = isStrict && broker.transactions.hasPendingOffset(group, topic, partition);
      return { partition, isPending, committed: isPending ? undefined : broker.groups.offset(group, topic, partition) };
    }),
  }));
  writeTopics(writer, results, ({ partition, isPending, committed }) => {
    writer.int32(partition).int64(committed?.offset ?? -1);
    if (version >= 5) writer.int32(committed?.leaderEpoch ?? -1);
    writer
      .string(committed?.metadata ?? "")
      .int16(isPending ? kafkaErrors.UNSTABLE_OFFSET_COMMIT.code : 0)
      .tags();
  });
}

function allOf(offsets: readonly { readonly topic: string; readonly partition: number }[]): NonNullable<Asked> {
  return [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, own]) => ({
    topic,
    partitions: own.map(({ partition }) => partition),
  }));
}
