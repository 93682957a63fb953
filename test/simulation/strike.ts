// What each fault does to the system, and how it ends.
import type { Brokers } from "./broker-host.ts";
import type { DriverHost, DriverWatch } from "./driver-host.ts";
import type { ProducerHost } from "./producer-host.ts";
import type { Fault } from "./run-spec.ts";
import type { SimVolume } from "./world/sim-volume.ts";
import type { SimWorld } from "./world/sim-world.ts";

export interface System {
  readonly world: SimWorld;
  readonly brokers: Brokers;
  readonly drivers: readonly DriverHost[];
  readonly producer: ProducerHost;
  readonly checkpoint: SimVolume;
  readonly watch: DriverWatch;
}

export function strike(system: System, fault: Fault): void {
  const { world, brokers, drivers, producer, checkpoint, watch } = system;
  const { scheduler, network } = world;
  const driver = scheduler.pick(drivers);
  const { nodes } = brokers;
  const broker = nodes.length === 1 ? (nodes[0] as Brokers["nodes"][number]) : scheduler.pick(nodes);
  const later = (ms: number, end: () => void): void => void scheduler.after(ms, end);
  world.trace("fault", JSON.stringify(fault));
  switch (fault.kind) {
    case "kill driver":
      driver.kill(fault.forMs);
      break;
    case "kill driver at":
      watch.ambushes.add({ point: fault.point, strike: (host) => host.kill(fault.forMs) });
      break;
    case "pause driver at":
      watch.ambushes.add({ point: fault.point, strike: (host) => pause(host, fault.forMs) });
      break;
    case "pause driver":
      pause(driver, fault.forMs);
      break;
    case "crash driver host":
      driver.crash(fault.forMs);
      break;
    case "kill broker":
      broker.kill(fault.forMs);
      break;
    case "pause broker":
      pause(broker, fault.forMs);
      break;
    case "kill worker":
      driver.killWorker();
      break;
    case "bit rot":
      checkpoint.rot();
      break;
    case "cut connections":
      for (const connection of network.connections)
        if (
          !connection.destroyed &&
          !nodes.some(({ host }) => host === connection.process.host) &&
          scheduler.oneIn(fault.share)
        )
          network.cut(connection);
      break;
    case "isolate driver":
      network.isolate(new Set([driver.host.name]));
      later(fault.forMs, () => network.heal());
      break;
    case "deafen driver":
      network.deafen(broker.host.name, driver.host.name);
      later(fault.forMs, () => network.heal());
      break;
    case "deafen broker":
      network.deafen(driver.host.name, broker.host.name);
      later(fault.forMs, () => network.heal());
      break;
    case "isolate broker":
      network.isolate(new Set([broker.host.name]));
      later(fault.forMs, () => network.heal());
      break;
    case "deafen replica": {
      const others = nodes.filter((node) => node !== broker);
      if (others.length === 0) break;
      network.deafen(broker.host.name, scheduler.pick(others).host.name);
      later(fault.forMs, () => network.heal());
      break;
    }
    case "elect leader":
      brokers.elect("data");
      break;
    case "move coordinator":
      brokers.elect("state");
      break;
    case "slow network":
      network.latency = { least: 1, most: fault.mostMs };
      later(fault.forMs, () => calmNetwork(system));
      break;
    case "slow disk":
      checkpoint.slowness = fault.factor;
      later(fault.forMs, () => calmDisk(system));
      break;
    case "full disk":
      checkpoint.isFull = true;
      later(fault.forMs, () => calmDisk(system));
      break;
    case "failing syncs":
      checkpoint.failingSyncs = fault.count;
      break;
    case "kill producer":
      producer.kill(fault.forMs);
      break;
    case "clock offset":
      driver.host.clockOffsetMs = fault.offsetMs;
      break;
    case "clock rate":
      driver.host.clockRate = fault.rate;
      break;
    case "throwing function":
      watch.throwing = fault.count;
  }

  function pause({ process }: DriverHost | Brokers["nodes"][number], forMs: number): void {
    if (process === undefined) return;
    process.pause();
    later(forMs, () => process.resume());
  }
}

/** All faults are over: what runs goes on, what does not starts. */
export function calm(system: System): void {
  const { world, brokers, drivers, producer, watch } = system;
  world.trace("fault", "no more");
  world.network.heal();
  calmNetwork(system);
  calmDisk(system);
  watch.throwing = 0;
  watch.ambushes.clear();
  for (const { process } of [...brokers.nodes, ...drivers]) process?.resume();
  brokers.start();
  for (const driver of drivers) driver.start();
  producer.start();
}

function calmNetwork({ world }: System): void {
  world.network.latency = { least: 0.05, most: 1 };
}

function calmDisk({ checkpoint }: System): void {
  checkpoint.slowness = 1;
  checkpoint.isFull = false;
  checkpoint.failingSyncs = 0;
}
