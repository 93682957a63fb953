import { toWire } from "../../errors/error-wire.ts";
import { describeGraph } from "../../plan/graph/describe-graph.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import { cutIntoStages } from "../../plan/plan.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { WorkerRole } from "../../runtime/process/this-process.ts";
import { Steps } from "../../runtime/steps.ts";
import { openStateStore } from "../../state/open-state-store.ts";
import type { Expansion } from "../../task/context/expansion.ts";
import { KafkaResources } from "../../task/context/kafka-resources.ts";
import { TaskContext } from "../../task/context/task-context.ts";
import { runTask } from "../../task/run-task.ts";
import type { TaskResult, TaskSpec } from "../../task/task-spec.ts";
import type { FromWorker, ToWorker, WorkerData } from "./messages.ts";
import type { DriverPort } from "./worker-port.ts";

export interface JobWorkerOptions extends Pick<WorkerData, "steps"> {
  readonly port: DriverPort;
  /** Runs the job's program, whose start() calls `register`. It may never resolve. */
  readonly load: (register: WorkerRole["register"]) => Promise<unknown>;
  /** A module of the program that changed since the driver started. */
  readonly changedModule: () => Promise<string | undefined>;
}

/** What the program has registered. */
interface RegisteredJob {
  readonly graph: Graph;
  readonly runtime: JobRuntime;
  readonly kafka: KafkaResources;
}

/**
 * A worker of `local[n]`: it runs tasks of the graph that the program registers. Until then nothing here keeps the worker alive, so that
 * a program that never calls start() ends it, which the driver sees.
 */
export class JobWorker {
  readonly #options: JobWorkerOptions;
  #job: RegisteredJob | undefined;
  #context: TaskContext | undefined;
  #expansion: Expansion | undefined;
  #abort = new AbortController();

  constructor(options: JobWorkerOptions) {
    this.#options = options;
  }

  begin(): void {
    const { port, load } = this.#options;
    port.listen((message) => void this.#receive(message));
    load((graph, runtime) => this.#register(graph as Graph, runtime)).catch((error: unknown) =>
      this.#post({ type: "broken", error: toWire(error) }),
    );
  }

  #register(graph: Graph, given: JobRuntime): void {
    const runtime = { ...given, steps: new Steps(this.#options.steps) };
    this.#job = { graph, runtime, kafka: new KafkaResources(runtime) };
    void this.#announce(graph);
  }

  async #announce(graph: Graph): Promise<void> {
    const { port, changedModule } = this.#options;
    port.stay();
    this.#post({ type: "registered", description: describeGraph(graph), changedModule: await changedModule() });
  }

  async #receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "start":
        this.#start(message);
        break;
      case "batch":
        this.#context?.broadcasts.receive(message.broadcasts);
        this.#expansion = message.expansion;
        break;
      case "run":
        await this.#run(message.task);
        break;
      case "look up":
        this.#post({ type: "looked up", found: this.#context?.state.lookUp?.(message.asked) });
        break;
      case "abort":
        this.#abort.abort();
        break;
      case "stop":
        this.#abort.abort();
        await this.#job?.kafka.close();
        this.#options.port.exit();
    }
  }

  #start({ parallelism, maxResultBytes, state }: Extract<ToWorker, { readonly type: "start" }>): void {
    if (this.#job === undefined) throw new Error("started before the graph was registered");
    const { graph, runtime, kafka } = this.#job;
    const plan = cutIntoStages(graph, parallelism);
    this.#context = new TaskContext({ plan, state: openStateStore(state, runtime), kafka, maxResultBytes, runtime });
  }

  async #run(task: TaskSpec): Promise<void> {
    this.#abort = new AbortController();
    try {
      if (this.#context === undefined) throw new Error("a task came before the start");
      const result = await runTask(task, this.#context.forBatch(this.#expansion), this.#abort.signal);
      this.#post({ type: "done", result }, buffersOf(result));
    } catch (error) {
      this.#post({ type: "failed", error: toWire(error) });
    }
  }

  #post(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#options.port.post(message, transfer);
  }
}

/** Blocks own their memory; it moves to the driver instead of being copied. */
function buffersOf(result: TaskResult): ArrayBuffer[] {
  return [
    ...result.blocks.map(({ block }) => block.buffer),
    ...result.outputs.flatMap(({ blocks }) => blocks.map((block) => block.buffer)),
  ];
}
