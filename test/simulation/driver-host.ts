import { DStreamError, StreamingContext } from "dstream";
import { workersKey } from "../../src/cluster/local/worker-port.ts";
import type { CrashPoint } from "../../src/runtime/crash-points.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { JobLog } from "../../src/runtime/log/job-log.ts";
import type { Logger } from "../../src/runtime/log/logger.ts";
import type { HostProcess } from "../../src/runtime/process/this-process.ts";
import { Steps } from "../../src/runtime/steps.ts";
import { jobs } from "./jobs.ts";
import type { RunSpec } from "./run-spec.ts";
import { SimWorkers } from "./sim-workers.ts";
import type { SimHost } from "./world/sim-host.ts";
import type { SimProcess } from "./world/sim-process.ts";
import type { SimVolume } from "./world/sim-volume.ts";
import type { SimWorld } from "./world/sim-world.ts";

/** How long a program takes until its first line, and, unless it is said, until it is started again after its end. */
const startMs = 400;
const usualRestartMs = 1_000;

/** What the run does to a driver when it passes a point. */
export interface Ambush {
  readonly point: CrashPoint;
  strike(host: DriverHost): void;
}

export interface DriverWatch {
  /** Why drivers ended. */
  ended(error: unknown): void;
  /** A batch begins. */
  began(): void;
  /** A batch has been committed. */
  committed(): void;
  /** How often the job's function is still to throw. */
  throwing: number;
  readonly ambushes: Set<Ambush>;
}

/** A host whose supervisor starts the job's program whenever it does not run. */
export class DriverHost {
  readonly host: SimHost;
  readonly #world: SimWorld;
  readonly #spec: RunSpec;
  readonly #watch: DriverWatch;
  process: SimProcess | undefined;
  #context: StreamingContext | undefined;
  #contextOf: SimProcess | undefined;
  #workers: SimWorkers | undefined;
  #isStopping = false;
  #isDown = false;
  #restartMs = usualRestartMs;

  constructor(world: SimWorld, name: string, checkpoint: SimVolume, spec: RunSpec, watch: DriverWatch) {
    this.#world = world;
    this.#spec = spec;
    this.#watch = watch;
    this.host = world.host(name, [checkpoint]);
  }

  start(): void {
    if (this.process?.isAlive || this.#isStopping || this.#isDown) return;
    const process = this.host.start("driver");
    this.process = process;
    process.atEnd(() => {
      this.#context = undefined;
      const restartMs = this.#restartMs;
      this.#restartMs = usualRestartMs;
      if (!this.#isDown) this.#world.scheduler.after(restartMs, () => this.start());
    });
    this.#world.scheduler.after(startMs, () => process.deliver(() => void this.#run(process)));
  }

  /** It is started again after `forMs`. */
  kill(forMs: number): void {
    if (!this.process?.isAlive) return;
    this.#restartMs = forMs;
    this.process.kill();
  }

  /** The host is without power for a while. */
  crash(forMs: number): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.host.crash();
    this.#world.scheduler.after(forMs, () => {
      this.#isDown = false;
      this.start();
    });
  }

  /** Gracefully: what was planned is run. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    // One that has only begun has no context yet, but that of the process before it.
    if (this.#contextOf === this.process && this.process?.isAlive) await this.#context?.stop({ stopGracefully: true });
    this.process?.kill();
  }

  /** One of the worker threads of its driver ends. */
  killWorker(): void {
    this.#workers?.killOne();
  }

  /** The job's program up to its start, in the driver or in a worker. */
  #program(process: SimProcess, thread: HostProcess): StreamingContext {
    const { job, batchInterval, stateStore, threads } = this.#spec;
    const ssc = new StreamingContext({
      ...{ appName: job, batchInterval, stateStore, checkpointDir: "/checkpoint/job", lockWait: 3_600_000 },
      master: threads === 0 ? "local" : `local[${threads}]`,
      jobFile: "/job.ts",
      ...(this.#workers !== undefined && { [workersKey]: this.#workers }),
      [runtimeKey]: {
        ...this.host.machineOf(process),
        process: thread,
        steps: new Steps(),
        crashPoint: (point) => this.#pass(process, point),
        log: new JobLog(this.#logger(process)),
      },
    });
    jobs[job].build(ssc, this.#spec, () => this.#called());
    return ssc;
  }

  async #run(process: SimProcess): Promise<void> {
    try {
      this.#workers = new SimWorkers(process, (thread) => this.#program(process, thread).start());
      const ssc = this.#program(process, process);
      this.#context = ssc;
      this.#contextOf = process;
      ssc.addStreamingListener({ onBatchCompleted: () => this.#watch.committed() });
      await ssc.start();
      await ssc.awaitTermination();
      this.#world.trace(process.name, "has ended");
    } catch (error) {
      const text = error instanceof DStreamError ? error.code : String(error);
      this.#world.trace(process.name, `ends with ${text}`);
      this.#watch.ended(error);
    }
    process.kill();
  }

  #called(): void {
    if (this.#watch.throwing <= 0) return;
    this.#watch.throwing--;
    throw new Error("the job's function fails");
  }

  #pass(process: SimProcess, point: CrashPoint): void | Promise<void> {
    this.#world.trace(process.name, point);
    if (point === "before-offset-log") this.#watch.began();
    for (const ambush of this.#watch.ambushes) {
      if (ambush.point !== point) continue;
      this.#watch.ambushes.delete(ambush);
      ambush.strike(this);
      // Not a step further: it goes on when the process does, if ever.
      return new Promise((resolve) => this.#world.scheduler.after(0, () => process.deliver(resolve)));
    }
  }

  #logger(process: SimProcess): Logger {
    const tell = (_fields: object, message: string): void => this.#world.trace(process.name, message);
    return { debug: () => {}, info: tell, warn: tell, error: tell };
  }
}
