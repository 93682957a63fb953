/** dstream/kinesis-receiver: records of an Amazon Kinesis data stream. @module */
import "../runtime/process/require-node.ts";

import { setTimeout as delay } from "node:timers/promises";
import { checkNumber } from "../errors/checks/check-number.ts";
import { checkFunction, checkOptionNames, invalidOption } from "../errors/checks/check-options.ts";
import { Receiver } from "../sources/receivers/receiver.ts";
import { userRecordsOf } from "./kinesis/aggregated-records.ts";
import { type HashKeyRange, hashKeyOf, isWithin } from "./kinesis/hash-keys.ts";
import { isFinal, type KinesisCalls, kinesisClient, type RecordAnswer } from "./kinesis/kinesis-calls.ts";
import { Positions } from "./kinesis/positions.ts";
import { minPollIntervalMs, readShard, type Start } from "./kinesis/shard-reader.ts";
import { listShards, readableShards, type Shard } from "./kinesis/shards.ts";

export type { KinesisCalls } from "./kinesis/kinesis-calls.ts";

/** A record of a Kinesis stream. */
export interface KinesisRecord {
  readonly shardId: string;
  /** Its place in the shard: a number too large for JavaScript's, as text. */
  readonly sequenceNumber: string;
  /** Its place among those that the Kinesis Producer Library packed into one, from 0; not there for a record that came alone. */
  readonly subSequenceNumber?: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** About when it arrived in Kinesis, epoch ms. */
  readonly arrivalTime: number;
}

/** Which stream a KinesisReceiver reads, from where, and where it keeps how far it is. */
export interface KinesisReceiverOptions {
  readonly streamName: string;
  /** A file of the driver's machine that keeps how far the shards are; its folder is made. One for each job and stream. */
  readonly positionsFile: string;
  /** Where to begin without a file of positions. Default "LATEST". `timestamp` is in epoch ms. */
  readonly startingPosition?: "TRIM_HORIZON" | "LATEST" | { readonly timestamp: number };
  /** Default: as the environment has it. */
  readonly region?: string;
  /** Default: that of AWS in the region. */
  readonly endpoint?: string;
  /** Milliseconds between two calls for a shard that has nothing new; at least 200. Default 1,000. */
  readonly pollInterval?: number;
  /** Makes the client, a `Kinesis` of `@aws-sdk/client-kinesis`, in place of `region` and `endpoint`. Called in the driver only. */
  readonly client?: () => KinesisCalls;
}

const optionNames = [
  ...["streamName", "positionsFile", "startingPosition", "region", "endpoint", "pollInterval", "client"],
];
const defaultPollMs = 1_000;
/** Until reading is tried again after an error that may pass. */
const restartDelayMs = 5_000;

/**
 * A receiver for `ssc.receiverStream`: the records of a Kinesis data stream, at least once. How far each shard is, is written to
 * `positionsFile` when the batch with its records is committed; a job that is started again reads on from there. Shards are followed through splits and
 * merges, a child after its parents, so that the records of a partition key stay in order. It reads alone: shards are not shared
 * with other processes. What the Kinesis Producer Library has packed together is unpacked, as the Kinesis Client Library does it.
 *
 * Needs the package `@aws-sdk/client-kinesis`; it finds credentials and region as AWS's tools do.
 */
export class KinesisReceiver extends Receiver<KinesisRecord> {
  readonly #options: KinesisReceiverOptions;
  #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #positions: Positions | undefined;
  /** How far shards were read since the program began, committed or not. */
  readonly #read = new Map<string, Start | "ended">();
  /** When the last record of each shard is committed. */
  readonly #commits = new Map<string, Promise<void>>();

  /** @throws UNKNOWN_OPTION, INVALID_OPTION. */
  constructor(options: KinesisReceiverOptions) {
    super();
    checkOptionNames("KinesisReceiver", options, optionNames);
    const { streamName, positionsFile, startingPosition = "LATEST", pollInterval = defaultPollMs, client } = options;
    for (const [name, value] of Object.entries({ streamName, positionsFile })) {
      if (typeof value !== "string" || value === "") throw invalidOption(`KinesisReceiver's ${name}`, value, "a text");
    }
    if (typeof startingPosition === "object") {
      checkOptionNames("KinesisReceiver's startingPosition", startingPosition, ["timestamp"]);
    }
    const isPosition =
      startingPosition === "LATEST" ||
      startingPosition === "TRIM_HORIZON" ||
      (typeof startingPosition === "object" &&
        Number.isFinite(startingPosition?.timestamp) &&
        startingPosition.timestamp >= 0);
    if (!isPosition) {
      throw invalidOption(
        "KinesisReceiver's startingPosition",
        startingPosition,
        '"LATEST", "TRIM_HORIZON" or a timestamp',
      );
    }
    checkNumber("KinesisReceiver's pollInterval", pollInterval, minPollIntervalMs, {
      most: 2 ** 31 - 1,
      allowed: `at least ${minPollIntervalMs} ms`,
    });
    if (client !== undefined) checkFunction("KinesisReceiver", client);
    this.#options = options;
  }

  override get name(): string {
    return `Kinesis ${this.#options.streamName}`;
  }

  /**
   * @throws PACKAGE_MISSING; FILE_UNAVAILABLE, CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW, CHECKPOINT_OTHER_JOB for `positionsFile`; what Kinesis
   * answers. Any of them stops the receiver; what may pass makes it begin again after 5 s.
   */
  async onStart(): Promise<void> {
    this.#stopping = new AbortController();
    const { streamName, positionsFile, client } = this.#options;
    this.#positions ??= Positions.open(positionsFile, streamName, (error) => {
      this.reportError("how far the stream was read could not be noted", error);
    });
    const calls = (await client?.()) ?? (await kinesisClient(this.#options));
    this.#running = this.#follow(calls, this.#positions)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => calls.destroy());
  }

  async onStop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #failed(error: unknown): void {
    const { streamName } = this.#options;
    if (isFinal(error)) this.stop(`the stream ${streamName} cannot be read`, error);
    else this.restart(`reading the stream ${streamName} again in 5 s`, { error, delayMs: restartDelayMs });
  }

  /** Reads until it is stopped. When one shard cannot be read, reading of the others ends, too. */
  async #follow(calls: KinesisCalls, positions: Positions): Promise<void> {
    const stopping = this.#stopping;
    const reading = new Map<string, Promise<void>>();
    try {
      while (!stopping.signal.aborted) {
        await this.#readReadable(calls, positions, reading);
        await Promise.race([...reading.values(), ...(reading.size === 0 ? [this.#pause()] : [])]);
      }
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    } finally {
      stopping.abort();
      await Promise.allSettled(reading.values());
    }
  }

  /** Begins with the shards whose turn it is. */
  async #readReadable(calls: KinesisCalls, positions: Positions, reading: Map<string, Promise<void>>): Promise<void> {
    const shards = await listShards(calls, this.#options.streamName, this.#stopping.signal);
    positions.forgetEnded(new Set(shards.map(({ id }) => id)));
    if (positions.isNew && this.#read.size === 0) this.#begin(shards, positions);
    const isEnded = (id: string): boolean => (this.#read.get(id) ?? positions.get(id)) === "ended";
    for (const shard of readableShards(shards, isEnded)) {
      const { id } = shard;
      if (reading.has(id)) continue;
      const ended = this.#readShard(calls, positions, shard).then(() => void reading.delete(id));
      ended.catch(() => {});
      reading.set(id, ended);
    }
  }

  /** Children of a shard that has just ended may not be listed yet. */
  async #pause(): Promise<void> {
    const { pollInterval = defaultPollMs } = this.#options;
    await delay(pollInterval, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  /** The first start of all: what "LATEST" means is noted, so that a start that comes before the first commit leaves no gap. */
  #begin(shards: readonly Shard[], positions: Positions): void {
    const { startingPosition = "LATEST" } = this.#options;
    if (startingPosition === "LATEST") {
      const since = Date.now();
      for (const { id, isClosed } of shards) {
        positions.set(id, isClosed ? "ended" : { since });
        this.#read.set(id, isClosed ? "ended" : "LATEST");
      }
    }
    positions.write();
  }

  async #readShard(calls: KinesisCalls, positions: Positions, shard: Shard): Promise<void> {
    const { id: shardId } = shard;
    const { streamName, pollInterval = defaultPollMs } = this.#options;
    const isAtEnd = await readShard({
      ...{ calls, streamName, shardId, pollInterval, signal: this.#stopping.signal },
      ...this.#startOf(shardId, positions),
      ready: () => this.ready(),
      take: (records) => this.#take(shard, records, positions),
      report: (message, error) => this.reportError(message, error),
    });
    if (!isAtEnd) return;
    this.#read.set(shardId, "ended");
    const committed = this.#commits.get(shardId) ?? Promise.resolve();
    committed.then(
      () => positions.set(shardId, "ended"),
      () => {},
    );
  }

  /** A shard without a position came up later than the stream's first start, unless that was at the horizon. */
  #startOf(shardId: string, positions: Positions): { start: Start; again: Start } {
    const { startingPosition } = this.#options;
    const first = typeof startingPosition === "object" ? { since: startingPosition.timestamp } : "TRIM_HORIZON";
    const noted = positions.get(shardId);
    const position = noted === undefined || noted === "ended" ? first : noted;
    const read = this.#read.get(shardId);
    if (read === "LATEST") {
      this.#read.set(shardId, position);
      return { start: "LATEST", again: position };
    }
    const start = read === undefined || read === "ended" ? position : read;
    return { start, again: start };
  }

  /** Many shards may have asked for records while there was room; so each record waits for it. */
  async #take({ id: shardId, hashKeys }: Shard, records: readonly RecordAnswer[], positions: Positions): Promise<void> {
    let committed = this.#commits.get(shardId) ?? Promise.resolve();
    for (const record of records) {
      if (this.isFull) await this.ready();
      for (const row of rowsOf(shardId, hashKeys, record)) committed = this.store(row);
    }
    const after = records.at(-1)?.SequenceNumber;
    if (after === undefined) return;
    this.#read.set(shardId, { after });
    this.#commits.set(shardId, committed);
    committed.then(
      () => positions.set(shardId, { after }),
      () => {},
    );
  }
}

/**
 * A record, or those that were packed into it. A packet is put where the first of its records belongs; the producer sends those again that
 * belong to another shard, after a split it had not heard of, so they do not count here.
 */
function rowsOf(shardId: string, hashKeys: HashKeyRange, record: RecordAnswer): KinesisRecord[] {
  const { SequenceNumber = "", Data = new Uint8Array(), ApproximateArrivalTimestamp } = record;
  const arrivalTime = ApproximateArrivalTimestamp?.getTime() ?? 0;
  const place = { shardId, sequenceNumber: SequenceNumber };
  const packed = userRecordsOf(Data);
  if (packed === undefined) {
    // JSON can say what no sender can: half of a surrogate pair.
    const partitionKey = record.PartitionKey?.toWellFormed() ?? "";
    return [{ ...place, partitionKey, data: Data, arrivalTime }];
  }
  return packed.flatMap(({ partitionKey, explicitHashKey, data }, subSequenceNumber) => {
    const hashKey = explicitHashKey === undefined ? hashKeyOf(partitionKey) : BigInt(explicitHashKey);
    return isWithin(hashKeys, hashKey) ? [{ ...place, subSequenceNumber, partitionKey, data, arrivalTime }] : [];
  });
}
