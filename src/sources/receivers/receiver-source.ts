import { DStreamError } from "../../errors/dstream-error.ts";
import type { ListenerBus } from "../../listeners/listener-bus.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import type { Clock } from "../../runtime/machine/clock.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import { giveUpGraceMs, unlessAbandoned } from "../../runtime/unless-abandoned.ts";
import type { SourceBatch, SourceDriver } from "../source-driver.ts";
import { ReceivedRows, type ReceiverLimits } from "./received-rows.ts";
import type { Receiver } from "./receiver.ts";
import { ReceiverSupervisor } from "./receiver-supervisor.ts";

export interface ReceiverSourceOptions {
  /** By which listeners know it. */
  readonly streamId: number;
  readonly clock: Clock;
  readonly bus: ListenerBus;
  /** Milliseconds. */
  readonly batchInterval: number;
  /** Records a second; undefined: no limit. */
  readonly rate: () => number | undefined;
  /** Default: 64 and 256 MiB. */
  readonly limits?: ReceiverLimits;
  /** Milliseconds; rows that come within it are a partition. Default: Spark's 200. */
  readonly blockInterval?: number | undefined;
  readonly log: JobLog;
  readonly timers: Timers;
}

const defaultBlockMs = 200;

/** The driver's side of a receiver: gives each batch what was stored since the last one. */
export class ReceiverSource implements SourceDriver {
  readonly nodeId: number;
  readonly #rows: ReceivedRows;
  readonly #supervisor: ReceiverSupervisor;
  readonly #timers: Timers;
  readonly #commits = new WeakMap<SourceBatch, () => void>();
  #isDrained = false;

  constructor(nodeId: number, receiver: Receiver<any>, options: ReceiverSourceOptions) {
    const { streamId, clock, bus, batchInterval, rate, limits, log, timers } = options;
    const { blockInterval: blockIntervalMs = defaultBlockMs } = options;
    this.nodeId = nodeId;
    this.#timers = timers;
    const rowsPerBatch = (): number | undefined => {
      const perSecond = rate();
      return perSecond === undefined ? undefined : Math.max(1, Math.floor((perSecond * batchInterval) / 1_000));
    };
    const refused = (error: DStreamError): void => {
      log.warn(error.code, `${receiver.name}: ${error.message}`, { streamId });
      this.#supervisor.report("rows were not taken", error);
    };
    this.#rows = new ReceivedRows({ clock, blockIntervalMs, rowsPerBatch, refused, ...(limits && { limits }) });
    this.#supervisor = new ReceiverSupervisor(receiver, {
      ...{ streamId, batchInterval, clock, timers, bus, log },
      rows: this.#rows,
    });
  }

  async start(): Promise<number> {
    this.#supervisor.start();
    return 0;
  }

  leftOver(saved: unknown): unknown {
    return saved;
  }

  async plan(): Promise<SourceBatch> {
    const { partitions, numRows, committed } = this.#rows.take({ all: this.#isDrained });
    const inputs = partitions.map(
      (blocks, partition) => ({ kind: "rows", source: this.nodeId, partition, blocks }) as const,
    );
    const batch = { inputs, numRecords: numRows, offsetRanges: [], lag: this.#rows.numRows };
    this.#commits.set(batch, committed);
    return batch;
  }

  /** What had been received for a batch that did not end is gone; who was not told that it is safe sends it again. */
  async again(): Promise<SourceBatch> {
    return { inputs: [], numRecords: 0, offsetRanges: [] };
  }

  async committed(batch: SourceBatch): Promise<void> {
    this.#commits.get(batch)?.();
  }

  async drain(): Promise<boolean> {
    await this.#supervisor.close();
    this.#isDrained = true;
    return this.#rows.numRows > 0;
  }

  /** Rows that no batch will have are forgotten first: a receiver may wait for them in `onStop`. One that does not end is left behind. */
  async stop(): Promise<void> {
    const error = new DStreamError("ILLEGAL_STATE", "the job ended before the batch with these rows was committed");
    this.#rows.close(error, { forgets: true });
    await unlessAbandoned(this.#supervisor.close(), AbortSignal.abort(error), giveUpGraceMs, this.#timers);
  }
}
