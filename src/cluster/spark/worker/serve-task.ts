import type { SparkDialect } from "../versions/spark-dialect.ts";
import type { FunctionHost } from "./function-host.ts";
import type { Connection } from "./io/connection.ts";
import { PeerGone } from "./io/peer-gone.ts";
import { FrameReader, intFrame, specialLengths } from "./protocol/framing.ts";
import { TaskInput } from "./protocol/task-input.ts";
import { TaskOutput } from "./protocol/task-output.ts";
import { readTask } from "./protocol/task-protocol.ts";

/** Serves one task. Whether the connection can serve another: not after a failure, nor when Spark closed it. */
export async function serveTask(connection: Connection, host: Promise<FunctionHost>): Promise<boolean> {
  const { source, sink, closed } = connection;
  const reader = new FrameReader(source);
  const output = new TaskOutput(sink);
  let dialect: SparkDialect | undefined;
  try {
    const first = await reader.int();
    const boot = Date.now();
    connection.task = output;
    const task = await readTask(first, source);
    dialect = task.dialect;
    const input = new TaskInput(source);
    const runner = await host;
    const initialized = Date.now();
    // A signal of its own: what a task leaves listening goes with it.
    await runner.run(task, input, output, AbortSignal.any([closed]));
    await input.skip();
    await output.finish({ boot, initialized, finished: Date.now() }, dialect);
    const isEnd = (await reader.int()) === specialLengths.endOfStream;
    await sink.write(intFrame(isEnd ? specialLengths.endOfStream : specialLengths.endOfData));
    return isEnd;
  } catch (error) {
    // Whoever left gets no answer.
    if (!closed.aborted && !(error instanceof PeerGone))
      await output.fail(error, dialect?.errorCharactersMax).catch(() => {});
    return false;
  } finally {
    connection.task = undefined;
  }
}
