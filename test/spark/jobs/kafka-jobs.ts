import { type ConsumerRecord, deserializers, KafkaUtils } from "dstream";
import { SteppedJobs } from "../../support/spark/stepped-jobs.ts";

/** What the handler of a record that cannot be read was told, in the process that read it. */
const refused: string[] = [];

const earliest = { autoOffsetReset: "earliest" } as const;
const place = ({ topic, partition, offset }: ConsumerRecord<unknown, unknown>): string =>
  `${topic}-${partition}@${offset}`;

export const kafkaJobs = new SteppedJobs(import.meta.url, {
  values: (ssc, topic) =>
    KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic] }).map((record) => record.value),
  everything: (ssc, topic) =>
    KafkaUtils.createDirectStream(ssc, {
      ...earliest,
      topics: [topic],
      keyDeserializer: deserializers.bytes,
      nullValues: "keep",
    }).map((record) => {
      const headers = record.headers.map(([name, value]) => [name, value === null ? null : [...value]]);
      return [place(record), record.timestamp, record.key === null ? null : [...record.key], record.value, headers];
    }),
  jsonOrFail: (ssc, topic) =>
    KafkaUtils.createDirectStream(ssc, {
      ...earliest,
      topics: [topic],
      valueDeserializer: deserializers.json<{ n: number }>(),
    }).map(({ value }) => value.n),
  jsonOrSkip: (ssc, topic) =>
    KafkaUtils.createDirectStream(ssc, {
      ...earliest,
      topics: [topic],
      nullValues: "skip",
      valueDeserializer: deserializers.json<{ n: number }>(),
      onDeserializationError: "skip",
    }).map(({ value }) => value.n),
  jsonOrHandler: (ssc, topic) =>
    KafkaUtils.createDirectStream(ssc, {
      ...earliest,
      topics: [topic],
      nullValues: "skip",
      valueDeserializer: deserializers.json<{ n: number }>(),
      onDeserializationError: (raw, error) =>
        void refused.push(`${place(raw)} ${raw.value?.length} bytes, ${error.code}`),
    }).mapPartitions((rows) => [...[...rows].map(({ value }) => value.n), ...refused.splice(0)] as (string | number)[]),
  partitions: (ssc, topic) =>
    KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic] }).mapPartitions((rows, { partition }) => [
      [partition, [...rows].map(({ value }) => value)],
    ]),
  threeSources: (ssc, topic) => {
    const count = (name: string) => (word: string) => [`${name} ${word}`, 1] as const;
    const first = KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic] });
    const second = KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [`${topic}-2`] });
    const queued = ssc.queueStream([["q", "q"], [], ["r"]]);
    const rows = [first.map(({ value }) => value).map(count("1")), second.map(({ value }) => value).map(count("2"))];
    return ssc.union(...rows, queued.map(count("3"))).reduceByKey((a, b) => a + b);
  },
  savesCounts: (ssc, topic) => {
    const counts = KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic] })
      .map(({ value }) => [value, 1] as const)
      .reduceByKey((a, b) => a + b);
    counts.saveToKafka({ topic: `${topic}-out` });
    counts.saveToKafka({
      topic: `${topic}-marked`,
      toRecord: ([word, n]) => ({ key: word, value: null, headers: [["n", `${n}`]] }),
    });
    return counts;
  },
  savesRecords: (ssc, topic) => {
    const records = KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic], nullValues: "keep" });
    records.saveToKafka({
      topic: `${topic}-passed`,
      producer: { compression: "gzip" },
      toRecord: ({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp }),
    });
    records
      .map(({ value }) => new Map([["v", value]]))
      .saveToKafka({ topic: `${topic}-maps`, producer: { compression: "gzip" } });
    return records.map(({ value }) => value);
  },
  savesWrong: (ssc, topic) => {
    const records = KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic], nullValues: "keep" });
    records.saveToKafka({ topic: `${topic}-out`, toRecord: ({ value }) => ({ value, timestamp: 1.5 }) });
    return records.map(({ value }) => value);
  },
  savesMixed: (ssc, topic) => {
    const rows = KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic] }).map(({ partition, value }) =>
      partition === 0 ? [value, 1] : [value],
    );
    rows.saveToKafka({ topic: `${topic}-out` });
    return rows;
  },
  throws: (ssc, topic) =>
    KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic] }).map(({ value }) => {
      if (value === "bad") throw new TypeError("no bad values, please");
      return value;
    }),
  large: (ssc, topic) =>
    KafkaUtils.createDirectStream(ssc, { ...earliest, topics: [topic] }).map(({ value }) => value.repeat(2_000)),
});

await kafkaJobs.serve();
