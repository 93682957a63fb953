import { type FileSystem, nodeFileSystem } from "../files/file-system.ts";
import { nodeSyncFileSystem, type SyncFileSystem } from "../files/sync-file-system.ts";
import { type Network, nodeNetwork } from "../net/network.ts";
import { type Clock, systemClock } from "./clock.ts";
import { nodeRandom, type Random } from "./random.ts";
import { nodeTimers, type Timers } from "./timers.ts";

/**
 * All by which two runs of a program can differ. What runs a job, a client or a broker gets it as an argument, and reaches for none of it
 * by another way: so the whole system can run on simulated machines, where the same seed gives the same run.
 */
export interface Machine {
  /** The machine's; batches may go by another one. */
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Where durable data is. */
  readonly files: FileSystem;
  /** The same files. */
  readonly syncFiles: SyncFileSystem;
  readonly network: Network;
}

/** The one that this process runs on. */
export const thisMachine: Machine = {
  clock: systemClock,
  timers: nodeTimers,
  random: nodeRandom,
  files: nodeFileSystem,
  syncFiles: nodeSyncFileSystem,
  network: nodeNetwork,
};
