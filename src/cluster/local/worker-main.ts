import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { toWire } from "../../errors/error-wire.ts";
import { describeGraph } from "../../plan/graph/describe-graph.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import { cutIntoStages } from "../../plan/plan.ts";
import { unwrap, wrap } from "../../runtime/envelope.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { becomeWorker } from "../../runtime/process/this-process.ts";
import { Steps } from "../../runtime/steps.ts";
import { openStateStore } from "../../state/open-state-store.ts";
import type { Expansion } from "../../task/context/expansion.ts";
import { KafkaResources } from "../../task/context/kafka-resources.ts";
import { TaskContext } from "../../task/context/task-context.ts";
import { runTask } from "../../task/run-task.ts";
import type { TaskResult, TaskSpec } from "../../task/task-spec.ts";
import { changedModule } from "./job-build.ts";
import type { FromWorker, ToWorker, WorkerData } from "./messages.ts";

// A worker thread of `local[n]` (decision D2): it loads the job's own file, whose start() registers the graph that the file
// built and never resolves; from then on the thread runs tasks of that graph. Until then nothing here keeps the thread
// alive, so that a file that never calls start() ends it, which the driver sees.

const { jobFile, jobArguments, runOptions, build, steps } = workerData as WorkerData;
const port = parentPort;
if (port === null) throw new Error("this module runs in a worker thread only");

let job: { readonly graph: Graph; readonly runtime: JobRuntime } | undefined;
let context: TaskContext | undefined;
let expansion: Expansion | undefined;
let abort = new AbortController();

becomeWorker({
  runOptions,
  program: [jobFile, ...jobArguments],
  register(registered, runtime) {
    const graph = registered as Graph;
    job = { graph, runtime: { ...runtime, steps: new Steps(steps) } };
    void announce(graph);
  },
});
port.on("message", (received: unknown) => {
  const message = unwrap<ToWorker>(received);
  if (message !== undefined) void receive(message);
});
port.unref();
import(pathToFileURL(jobFile).href).catch((error: unknown) => post({ type: "broken", error: toWire(error) }));

async function announce(registered: Graph): Promise<void> {
  port?.ref();
  post({ type: "registered", description: describeGraph(registered), changedModule: await changedModule(build) });
}

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "start":
      if (job === undefined) throw new Error("started before the graph was registered");
      context = new TaskContext({
        plan: cutIntoStages(job.graph, message.parallelism),
        state: openStateStore(message.state, job.runtime.files),
        kafka: new KafkaResources(job.runtime),
        maxResultBytes: message.maxResultBytes,
        runtime: job.runtime,
      });
      break;
    case "batch":
      context?.broadcasts.receive(message.broadcasts);
      expansion = message.expansion;
      break;
    case "run":
      await run(message.task);
      break;
    case "look up":
      post({ type: "looked up", found: context?.state.lookUp?.(message.asked) });
      break;
    case "abort":
      abort.abort();
      break;
    case "stop":
      abort.abort();
      await context?.kafka.close();
      process.exit(0);
  }
}

async function run(task: TaskSpec): Promise<void> {
  abort = new AbortController();
  try {
    if (context === undefined) throw new Error("a task came before the start");
    const result = await runTask(task, context.forBatch(expansion), abort.signal);
    post({ type: "done", result }, buffersOf(result));
  } catch (error) {
    post({ type: "failed", error: toWire(error) });
  }
}

/** Blocks own their memory; it moves to the driver instead of being copied. */
function buffersOf(result: TaskResult): ArrayBuffer[] {
  return [
    ...result.blocks.map(({ block }) => block.buffer),
    ...result.outputs.flatMap(({ blocks }) => blocks.map((block) => block.buffer)),
  ];
}

function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(wrap(message), transfer);
}
