import type { Machine } from "../../../src/runtime/machine/machine.ts";
import { SimFiles, SimSyncFiles } from "./sim-files.ts";
import { SimProcess } from "./sim-process.ts";
import { simRandom } from "./sim-random.ts";
import { SimTimers, simClock } from "./sim-time.ts";
import type { SimVolume } from "./sim-volume.ts";
import type { SimWorld } from "./sim-world.ts";

/** A machine: processes, volumes with files, a clock, an address. */
export class SimHost {
  readonly world: SimWorld;
  readonly name: string;
  readonly processes = new Map<number, SimProcess>();
  /** Folders at the root, by name: volumes may be shared by hosts. */
  readonly volumes = new Map<string, SimVolume>();
  /** How often it has started. */
  boots = 1;
  /** What its clock is ahead of the others', in ms; processes see it when they start. */
  clockOffsetMs = 0;
  /** How fast its time goes. */
  clockRate = 1;
  #lastPid = 0;

  constructor(world: SimWorld, name: string) {
    this.world = world;
    this.name = name;
  }

  start(name: string): SimProcess {
    const pid = ++this.#lastPid;
    const process = new SimProcess(this, `${name}/${pid}`, pid);
    this.processes.set(pid, process);
    this.world.trace(process.name, `starts on ${this.name}`);
    return process;
  }

  /** What a process has of this machine. */
  machineOf(process: SimProcess): Machine {
    const timers = new SimTimers(process);
    return {
      clock: simClock(process, timers),
      timers,
      random: simRandom(this.world.scheduler.random(2 ** 31)),
      files: new SimFiles(process),
      syncFiles: new SimSyncFiles(process),
      network: this.world.network.of(process),
    };
  }

  /** The power fails: all processes die, and of what was not synced some is gone. */
  crash(): void {
    this.world.trace(this.name, "loses its power");
    this.world.network.hostCrashed(this);
    for (const process of [...this.processes.values()]) process.kill();
    for (const volume of new Set(this.volumes.values())) volume.crash(this);
    this.boots++;
  }
}
