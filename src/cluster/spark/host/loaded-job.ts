import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { compareGraphs } from "../../../plan/graph/compare-graphs.ts";
import { describeGraph } from "../../../plan/graph/describe-graph.ts";
import type { Graph } from "../../../plan/graph/plan-builder.ts";
import { cutIntoStages } from "../../../plan/plan.ts";
import type { JobRuntime } from "../../../runtime/job-runtime.ts";
import { becomeWorker } from "../../../runtime/process/this-process.ts";
import { openStateStore } from "../../../state/open-state-store.ts";
import { KafkaResources } from "../../../task/context/kafka-resources.ts";
import { TaskContext } from "../../../task/context/task-context.ts";
import type { ShippedBroadcast, ShippedJob } from "../wire/stage-command.ts";

/** A job whose module was loaded in this process, ready to run tasks. */
export class LoadedJob {
  readonly context: TaskContext;
  readonly #kafka: KafkaResources;

  private constructor(context: TaskContext, kafka: KafkaResources) {
    this.context = context;
    this.#kafka = kafka;
  }

  /**
   * Loads the bundle, whose start() registers the graph that it built.
   *
   * @throws GRAPH_MISMATCH; whatever the program threw before start().
   */
  static async load(job: ShippedJob, file: string): Promise<LoadedJob> {
    const { graph, runtime } = await registered(job, file);
    compareGraphs(job.description, describeGraph(graph), `from the same ${job.sourceFile}`);
    const kafka = new KafkaResources(runtime);
    const plan = cutIntoStages(graph, job.parallelism);
    const state = openStateStore(job.state, runtime);
    const { maxResultBytes } = job;
    return new LoadedJob(new TaskContext({ plan, state, kafka, maxResultBytes, runtime }), kafka);
  }

  /** Reads what this process does not have yet. */
  async receiveBroadcasts(shipped: readonly ShippedBroadcast[], filesDir: string): Promise<void> {
    const { broadcasts } = this.context;
    for (const { id, version, file } of shipped) {
      if (broadcasts.has({ id, version })) continue;
      broadcasts.receive([{ id, version, block: new Uint8Array(await readFile(join(filesDir, file))) }]);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#kafka.close(), this.context.state.close()]);
  }
}

/** Modules are evaluated once for each URL that a process loads them by. */
let loads = 0;

/** What the bundle hands over in start(). */
interface Registered {
  readonly graph: Graph;
  readonly runtime: JobRuntime;
}

function registered(job: ShippedJob, file: string): Promise<Registered> {
  // Errors name the lines of the program, not of the bundle.
  process.setSourceMapsEnabled(true);
  return new Promise((resolve, reject) => {
    becomeWorker({
      runOptions: job.runOptions,
      program: [job.sourceFile, ...job.arguments],
      environment: job.environment,
      workingDirectory: job.workingDirectory,
      register: (graph, runtime) => resolve({ graph: graph as Graph, runtime }),
    });
    // Each load evaluates the module anew: the same bundle may build other graphs with other arguments.
    const url = `${pathToFileURL(file).href}?load=${loads++}`;
    import(url).then(() => reject(neverStarted(job.sourceFile)), reject);
  });
}

function neverStarted(file: string): DStreamError {
  const text = `${file} ended in a worker without calling start(): it must call \`await ssc.start()\` wherever it runs`;
  return new DStreamError("GRAPH_MISMATCH", text);
}
