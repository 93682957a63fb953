import type { CrashPoint } from "../../src/runtime/crash-points.ts";

/** How a process comes to its end at a step of the commit protocol. */
export const crashKinds = ["kill", "throw", "hang"] as const;

export interface CountingSpec {
  readonly brokers: string;
  readonly checkpointDir: string;
  readonly master: string;
  /** Records there are. */
  readonly expected: number;
  readonly maxRatePerPartition: number;
  readonly batchInterval: number;
  readonly crash?: {
    readonly point: CrashPoint;
    readonly kind: (typeof crashKinds)[number];
    /** At which passing of the point, from 1; counted in each thread. */
    readonly passing: number;
  };
  /** The lock says that it is another machine's, whose processes nobody here can see. */
  readonly elsewhere?: boolean;
  /** The process stops itself (SIGSTOP) at this operation on the checkpoint's files, from 1. */
  readonly stopAt?: number;
  /** Computes for so long in its first batch, without a pause. */
  readonly busyMs?: number;
  readonly lockWait?: number;
}

/** A record of the output. */
export interface Total {
  readonly time: number;
  readonly key: string;
  readonly total: number;
}
