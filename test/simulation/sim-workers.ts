import { JobWorker } from "../../src/cluster/local/job-worker.ts";
import type { FromWorker, ToWorker } from "../../src/cluster/local/messages.ts";
import type { Workers } from "../../src/cluster/local/worker-port.ts";
import type { HostProcess, WorkerRole } from "../../src/runtime/process/this-process.ts";
import type { SimProcess } from "./world/sim-process.ts";
import { SimThread } from "./world/sim-thread.ts";

/** How long a message takes from thread to thread, and the job's program until it has loaded, in ms. */
const messageMs = { least: 0.01, most: 0.3 };
const loadMs = 200;

/** The worker threads of a driver's process. They share nothing but messages, of which each side has its own copy. */
export class SimWorkers implements Workers {
  readonly #process: SimProcess;
  /** Runs the job's program in a thread: its context comes to start() there, too. */
  readonly #load: (thread: HostProcess) => Promise<unknown>;
  readonly #running = new Set<(code: number) => void>();
  #lastThread = 0;

  constructor(process: SimProcess, load: (thread: HostProcess) => Promise<unknown>) {
    this.#process = process;
    this.#load = load;
  }

  async buildOf() {
    return {};
  }

  async changedModule() {
    return undefined;
  }

  /** One of the threads ends, as one does that has no memory left. */
  killOne(): void {
    const { scheduler } = this.#process.host.world;
    const running = [...this.#running];
    if (running.length > 0) scheduler.pick(running)(1);
  }

  start(...[data, events]: Parameters<Workers["start"]>): ReturnType<Workers["start"]> {
    const process = this.#process;
    const { world } = process.host;
    const { scheduler } = world;
    const thread = ++this.#lastThread;
    let isOver = false;
    const queue = (): (<M>(message: M, transfer: readonly ArrayBuffer[], receive: (message: M) => void) => void) => {
      let arrivesAt = 0;
      return (message, transfer, receive) => {
        const sent = structuredClone(message, { transfer: [...transfer] });
        arrivesAt = Math.max(arrivesAt, scheduler.now + scheduler.between(messageMs.least, messageMs.most));
        scheduler.after(arrivesAt - scheduler.now, () => process.deliver(() => isOver || receive(sent)));
      };
    };
    const [toWorker, toDriver] = [queue(), queue()];
    const exit = (code: number): void => {
      if (isOver) return;
      isOver = true;
      this.#running.delete(exit);
      world.trace(process.name, `thread ${thread} ends with ${code}`);
      scheduler.after(messageMs.most, () => process.deliver(() => events.exited(code)));
    };
    this.#running.add(exit);
    let hear: (message: ToWorker) => void = () => {};
    const port = {
      post: (message: FromWorker, transfer: readonly ArrayBuffer[]) => {
        // What a thread does after its end, nobody sees.
        if (!isOver) toDriver(message, transfer, (sent) => events.message(sent));
      },
      listen(listener: typeof hear) {
        hear = listener;
      },
      stay: () => {},
      exit: () => exit(0),
    };
    const load = (register: WorkerRole["register"]) => this.#load(new SimThread(process, thread, { register }));
    const begin = (): void => {
      if (!isOver) new JobWorker({ steps: data.steps, port, changedModule: async () => undefined, load }).begin();
    };
    scheduler.after(loadMs, () => process.deliver(begin));
    return {
      post: (message, transfer) => toWorker(message, transfer, (sent) => hear(sent)),
      terminate: () => exit(1),
    };
  }
}
