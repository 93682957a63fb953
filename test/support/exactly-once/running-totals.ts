import { KafkaUtils, StreamingContext, type StreamingContextOptions } from "dstream";

export interface RunningTotalsOptions extends Partial<StreamingContextOptions> {
  /** "host:port" of each, with commas. */
  readonly brokers: string;
  readonly checkpointDir: string;
  /** Records a second. */
  readonly maxRatePerPartition?: number;
  readonly transactionTimeout?: number;
  readonly transactionalId?: string;
  /** In front of the names of its topics. */
  readonly prefix?: string;
}

export interface Topics {
  readonly input: string;
  readonly copies: string;
  readonly totals: string;
}

export function topicsOf(prefix = ""): Topics {
  return { input: `${prefix}input`, copies: `${prefix}copies`, totals: `${prefix}totals` };
}

/** A job with state that writes every record to one topic and the totals of the keys that had some to another, exactly-once. */
export function runningTotals({
  brokers,
  maxRatePerPartition,
  transactionTimeout = 60_000,
  transactionalId,
  prefix,
  ...options
}: RunningTotalsOptions): StreamingContext {
  const topics = topicsOf(prefix);
  const transaction = { transactionTimeout, ...(transactionalId !== undefined && { transactionalId }) };
  const ssc = new StreamingContext({ appName: "running-totals", batchInterval: 1_000, ...options });
  const input = KafkaUtils.createDirectStream(ssc, {
    brokers: brokers.split(","),
    topics: [topics.input],
    startingOffsets: "earliest",
    ...(maxRatePerPartition !== undefined && { maxRatePerPartition }),
  }).map(({ key, value }) => [String(key), value] as const);
  input.saveToKafka({ topic: topics.copies, ...transaction });
  input
    .updateStateByKey<{ total: number; added: number }>((values, state = { total: 0, added: 0 }) => {
      return values.length === 0 && state.added === 0
        ? state
        : { total: state.total + values.length, added: values.length };
    })
    .filter(([, { added }]) => added > 0)
    .saveToKafka({ topic: topics.totals, ...transaction });
  return ssc;
}
