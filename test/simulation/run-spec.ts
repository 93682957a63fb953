// What a run is made of: everything is drawn from its seed beforehand, so that a run with fewer faults or records can be tried.
import { type CrashPoint, crashPoints } from "../../src/runtime/crash-points.ts";
import { type Random, seededRandom } from "../support/seeded-random.ts";
import { type JobName, jobNames } from "./jobs.ts";

/** What happens to a run, and when. */
export type Fault = Blow & {
  /** After the run's begin. */
  readonly atMs: number;
  /** Where it is given: so many events after the first batch that begins then. Most of a run's time nothing is under way. */
  readonly inBatch: number | undefined;
};

type Blow =
  | {
      readonly atMs: number;
      readonly kind: "kill driver" | "kill broker" | "crash driver host";
      readonly forMs: number;
    }
  | { readonly kind: "pause driver" | "pause broker"; readonly forMs: number }
  | { readonly kind: "kill driver at"; readonly point: CrashPoint; readonly forMs: number }
  | { readonly kind: "pause driver at"; readonly point: CrashPoint; readonly forMs: number }
  | { readonly kind: "kill worker" | "bit rot" }
  | { readonly kind: "cut connections"; readonly share: number }
  | {
      readonly atMs: number;
      readonly kind: "isolate driver" | "isolate broker" | "deafen driver" | "deafen broker" | "deafen replica";
      readonly forMs: number;
    }
  | { readonly kind: "elect leader" | "move coordinator" }
  | { readonly kind: "slow network"; readonly mostMs: number; readonly forMs: number }
  | { readonly kind: "slow disk"; readonly factor: number; readonly forMs: number }
  | { readonly kind: "full disk"; readonly forMs: number }
  | { readonly kind: "failing syncs"; readonly count: number }
  | { readonly kind: "kill producer"; readonly forMs: number }
  | { readonly kind: "clock offset"; readonly offsetMs: number }
  | { readonly kind: "clock rate"; readonly rate: number }
  | { readonly kind: "throwing function"; readonly count: number };

export type FaultKind = Fault["kind"];

export interface RunSpec {
  readonly seed: number;
  readonly job: JobName;
  /** One: the embedded broker. Three: a simulated cluster. */
  readonly brokers: 1 | 3;
  readonly stateStore: "memory" | "disk";
  readonly partitions: number;
  readonly outPartitions: number;
  readonly batchInterval: number;
  readonly maxRatePerPartition: number | undefined;
  /** Worker threads of a driver; 0: it runs the tasks itself. */
  readonly threads: number;
  /** Hosts that run the driver: of two, one waits for the other. */
  readonly driverHosts: number;
  readonly producers: "idempotent" | "transactional";
  readonly keys: number;
  readonly records: number;
  /** How long faults happen. */
  readonly chaosMs: number;
  readonly doubleCloseOneIn: number;
  readonly faults: readonly Fault[];
}

type ClusterFaultKind = "isolate broker" | "deafen replica" | "elect leader" | "move coordinator";

/** How to draw a fault of a kind, and whether it happens to be a part of the run: each run has some kinds only, each in its measure. */
const draws: { readonly [kind in Exclude<FaultKind, ClusterFaultKind>]: (random: Random) => object } = {
  "kill driver": (random) => ({ forMs: 100 + random(5_000) }),
  "kill driver at": (random) => ({ point: crashPoints[random(crashPoints.length)], forMs: 100 + random(5_000) }),
  "pause driver at": (random) => ({ point: crashPoints[random(crashPoints.length)], forMs: 500 + random(40_000) }),
  "pause driver": (random) => ({ forMs: 500 + random(40_000) }),
  "crash driver host": (random) => ({ forMs: 1_000 + random(20_000) }),
  "kill broker": (random) => ({ forMs: 200 + random(15_000) }),
  "pause broker": (random) => ({ forMs: 200 + random(40_000) }),
  "kill worker": () => ({}),
  "bit rot": () => ({}),
  "cut connections": (random) => ({ share: 1 + random(3) }),
  "isolate driver": (random) => ({ forMs: 500 + random(45_000) }),
  "deafen driver": (random) => ({ forMs: 500 + random(45_000) }),
  "deafen broker": (random) => ({ forMs: 500 + random(45_000) }),
  "slow network": (random) => ({ mostMs: 20 + random(1_500), forMs: 1_000 + random(20_000) }),
  "slow disk": (random) => ({ factor: 5 + random(300), forMs: 1_000 + random(20_000) }),
  "full disk": (random) => ({ forMs: 500 + random(10_000) }),
  "failing syncs": (random) => ({ count: 1 + random(3) }),
  "kill producer": (random) => ({ forMs: 100 + random(5_000) }),
  "clock offset": (random) => ({ offsetMs: random(240_000) - 120_000 }),
  "clock rate": (random) => ({ rate: 0.98 + random(40) / 1_000 }),
  "throwing function": (random) => ({ count: 1 + random(2) }),
};

/** The same, of faults that only several brokers can have. */
const clusterDraws: { readonly [kind in ClusterFaultKind]: (random: Random) => object } = {
  "isolate broker": (random) => ({ forMs: 500 + random(45_000) }),
  "deafen replica": (random) => ({ forMs: 500 + random(45_000) }),
  "elect leader": () => ({}),
  "move coordinator": () => ({}),
};

/** A batch has about so many. */
const batchEvents = 90;
/** How long a heap of faults takes. */
const heapMs = 15_000;

/** @param given how many brokers; else that is drawn, too. */
export function specOf(seed: number, given?: 1 | 3): RunSpec {
  const random = seededRandom(seed);
  const chaosMs = 120_000 + random(360_000);
  const kinds = keysOf(draws).filter(() => random(3) === 0);
  if (kinds.length === 0) kinds.push("kill driver");
  const count = 5 + random(12);
  // In every other run they come in heaps: what one leaves half done the next one meets.
  const heaps = random(2) === 0 ? [] : Array.from({ length: 1 + random(3) }, () => random(chaosMs - heapMs));
  const faults = Array.from({ length: count }, () => {
    const kind = kinds[random(kinds.length)] as keyof typeof draws;
    const heap = heaps[random(heaps.length)];
    const atMs = heap === undefined ? random(chaosMs) : heap + random(heapMs);
    const inBatch = random(3) === 0 ? undefined : random(batchEvents);
    return { atMs, inBatch, kind, ...draws[kind](random) } as Fault;
  });
  const spec = {
    seed,
    job: jobNames[random(jobNames.length)] as JobName,
    stateStore: random(3) === 0 ? "disk" : "memory",
    partitions: 1 + random(4),
    outPartitions: 1 + random(3),
    batchInterval: [5_000, 10_000, 20_000, 30_000][random(4)] as number,
    maxRatePerPartition: random(3) === 0 ? 1 + random(10) : undefined,
    threads: random(3) === 0 ? 1 + random(3) : 0,
    driverHosts: random(4) === 0 ? 2 : 1,
    producers: random(3) === 0 ? "transactional" : "idempotent",
    keys: 1 + random(12),
    records: 30 + random(200),
    chaosMs,
    doubleCloseOneIn: random(4) === 0 ? 3 : 0,
  } as const;
  const drawn = random(3) === 0 ? 3 : 1;
  const brokers = given ?? drawn;
  if (brokers === 3) faults.push(...clusterFaults(random, chaosMs));
  return { ...spec, brokers, faults: faults.sort((a, b) => a.atMs - b.atMs) };
}

function clusterFaults(random: Random, chaosMs: number): Fault[] {
  const kinds = keysOf(clusterDraws).filter(() => random(2) === 0);
  if (kinds.length === 0) return [];
  return Array.from({ length: 1 + random(6) }, () => {
    const kind = kinds[random(kinds.length)] as ClusterFaultKind;
    const inBatch = random(3) === 0 ? random(batchEvents) : undefined;
    return { atMs: random(chaosMs), inBatch, kind, ...clusterDraws[kind](random) } as Fault;
  });
}

function keysOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table) as (keyof T)[];
}
