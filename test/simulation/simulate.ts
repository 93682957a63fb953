import { DStreamError, type ErrorCode } from "dstream";
import { BrokerHost } from "./broker-host.ts";
import { SimCluster } from "./cluster/sim-cluster.ts";
import { DriverHost, type DriverWatch } from "./driver-host.ts";
import { History } from "./history.ts";
import { addressesOf, jobs } from "./jobs.ts";
import { Observer } from "./observer.ts";
import { ProducerHost } from "./producer-host.ts";
import type { Fault, FaultKind, RunSpec } from "./run-spec.ts";
import { calm, type System, strike } from "./strike.ts";
import { SimWorld } from "./world/sim-world.ts";

export interface Outcome {
  /** What is wrong; undefined for a run in which all was as it should be. */
  readonly finding: string | undefined;
  /** A number of all that happened: the same for the same run. */
  readonly trace: number;
  readonly lines: readonly string[];
  readonly batches: number;
  readonly faults: number;
  readonly simulatedMs: number;
  readonly events: number;
}

/** How long all may take once the faults are over. */
const boundMs = 10 * 60_000;
const lookMs = 5_000;

/** Why a driver may end, if there is a fault that explains it. */
const explained: Partial<Record<ErrorCode, readonly FaultKind[] | "always">> = {
  BROKER_UNREACHABLE: "always",
  CHECKPOINT_LOCKED: "always",
  CHECKPOINT_UNAVAILABLE: ["full disk", "failing syncs"],
  PRODUCER_FENCED: "always",
  TRANSACTION_UNCERTAIN: "always",
  USER_FUNCTION_FAILED: ["throwing function"],
  WORKER_DIED: ["kill worker"],
  CHECKPOINT_CORRUPT: ["bit rot"],
  // A bit of the number of its format.
  CHECKPOINT_TOO_NEW: ["bit rot"],
};

/** One run of the whole system: the same spec gives the same run. */
export async function simulate(spec: RunSpec, keepsTrace = false): Promise<Outcome> {
  const world = new SimWorld(spec.seed, keepsTrace);
  const { scheduler } = world;
  world.network.doubleCloseOneIn = spec.doubleCloseOneIn;
  let finding: string | undefined;
  let batches = 0;
  let struck = 0;
  const found = (text: string): void => {
    finding ??= text;
    world.trace("finding", text);
  };
  /** Whether the checkpoint is damaged for good: then no driver goes on, which is right. */
  let isDamaged = false;
  const waiting: Fault[] = [];
  const hit = (fault: Fault): void => {
    if (isCalm) return;
    struck++;
    strike(system, fault);
  };
  let isCalm = false;
  const history = new History();
  const watch: DriverWatch = {
    throwing: 0,
    ambushes: new Set(),
    began() {
      const now = waiting.splice(0);
      for (const fault of now) scheduler.afterEvents(fault.inBatch as number, () => hit(fault));
    },
    committed: () => batches++,
    ended(error) {
      isDamaged ||= error instanceof DStreamError && /^CHECKPOINT_(CORRUPT|TOO_NEW)$/.test(error.code);
      const reason = unexplained(spec, error);
      if (reason !== undefined) found(reason);
    },
  };
  const unhandled = (error: unknown): void => found(`a rejection that nobody handled: ${stackOf(error)}`);
  process.on("unhandledRejection", unhandled);
  const checkpoint = world.volume("checkpoint");
  const names = Array.from({ length: spec.driverHosts }, (_, i) => `driver-${i + 1}`);
  const system: System = {
    ...{ world, checkpoint, watch },
    brokers:
      spec.brokers === 1
        ? new BrokerHost(world, "broker-1", (error) => found(`the broker does not start: ${stackOf(error)}`))
        : new SimCluster(world),
    drivers: names.map((name) => new DriverHost(world, name, checkpoint, spec, watch)),
    producer: new ProducerHost(world, spec, history),
  };
  const isOver = (): boolean => finding !== undefined;
  const until = async (isDone: () => boolean, ms: number, what: string): Promise<void> => {
    const inTime = await scheduler.run(() => isDone() || isOver(), scheduler.now + ms);
    if (!inTime) found(`${what} within ${ms / 1_000} s`);
  };
  const done = async <T>(work: Promise<T>, ms: number, what: string): Promise<T | undefined> => {
    let result: { readonly value: T } | undefined;
    work.then(
      (value) => {
        result = { value };
      },
      (error: unknown) => found(`${what}: ${stackOf(error)}`),
    );
    await until(() => result !== undefined, ms, `not done: ${what}`);
    return result?.value;
  };
  try {
    system.brokers.start();
    await until(() => system.brokers.isRunning, 10_000, "the brokers did not start");
    await done(system.brokers.createTopic("in", spec.partitions), 10_000, "create the topic in");
    await done(system.brokers.createTopic("out", spec.outPartitions), 10_000, "create the topic out");
    const observer = new Observer(world, addressesOf(spec));
    for (const driver of system.drivers) driver.start();
    system.producer.start();
    const beganAt = scheduler.now;
    for (const fault of spec.faults) {
      scheduler.after(fault.atMs, () => {
        if (fault.inBatch === undefined) hit(fault);
        else waiting.push(fault);
      });
    }
    await scheduler.run(isOver, beganAt + spec.chaosMs);
    isCalm = true;
    calm(system);
    const job = jobs[spec.job];
    const calmAt = scheduler.now;
    for (let isWhole = false; !isWhole && !isDamaged && !isOver(); ) {
      await scheduler.run(isOver, scheduler.now + lookMs);
      const input = await done(observer.records("in"), 60_000, "read the input");
      const output = await done(observer.records("out"), 60_000, "read the output");
      if (input === undefined || output === undefined) break;
      isWhole = system.producer.isDone && job.isWhole(input, output);
      const problem = job.problem(input, output, false);
      if (problem !== undefined) found(problem);
      if (!isWhole && scheduler.now > calmAt + boundMs) {
        const missing = job.problem(input, output, true) ?? "the input";
        found(`not all is processed ${boundMs / 1_000} s after the last fault: ${missing}`);
      }
    }
    await done(Promise.all(system.drivers.map((driver) => driver.stop())), 120_000, "stop the drivers");
    system.producer.stop();
    const input = (await done(observer.records("in"), 60_000, "read the input")) ?? [];
    const output = (await done(observer.records("out"), 60_000, "read the output")) ?? [];
    const problem = isOver() ? undefined : (history.problem(input) ?? job.problem(input, output, !isDamaged));
    if (problem !== undefined) found(problem);
    for (const topic of ["in", "out"]) {
      const changed = isOver() ? undefined : await done(observer.changed(topic), 60_000, `read ${topic} again`);
      if (changed !== undefined) found(changed);
    }
    const open = world.network.connections.filter(({ process }) => process.name.includes("driver"));
    if (open.length > 0 && !isOver()) found(`${open.length} connections of drivers that have ended are open`);
    await done(observer.close(), 10_000, "close the observer");
    await done(system.brokers.stop(), 60_000, "stop the brokers");
  } catch (error) {
    found(`an error of the simulation: ${stackOf(error)}`);
  } finally {
    process.off("unhandledRejection", unhandled);
    // Nothing of it may go on while the next one runs.
    for (const host of world.hosts.values()) for (const process of [...host.processes.values()]) process.kill();
  }
  const { now, events } = scheduler;
  return { finding, trace: world.traceHash, lines: world.lines, batches, faults: struck, simulatedMs: now, events };
}

function unexplained(spec: RunSpec, error: unknown): string | undefined {
  if (!(error instanceof DStreamError)) return `a driver ended with what is no DStreamError: ${stackOf(error)}`;
  const by = explained[error.code];
  const isExplained = by === "always" || by?.some((kind) => spec.faults.some((fault) => fault.kind === kind));
  return isExplained ? undefined : `a driver ended with ${error.code}, which no fault explains: ${stackOf(error)}`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
