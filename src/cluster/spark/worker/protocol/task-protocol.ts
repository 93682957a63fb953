import { DStreamError } from "../../../../errors/dstream-error.ts";
import type { ByteSource } from "../../arrow/read/byte-source.ts";
import { dialectNamed, knownVersions } from "../../versions/find-dialect.ts";
import type { SparkDialect } from "../../versions/spark-dialect.ts";
import type { SparkTask } from "../function-host.ts";
import { MemorySource } from "../io/memory-source.ts";
import { PeerGone } from "../io/peer-gone.ts";
import { FrameReader, specialLengths } from "./framing.ts";

// How Spark describes a task to a Python worker (its PythonRunner and ArrowPythonRunner). Up to Spark 4.2 the description is bare and
// begins with a partition's number; later it is one message after `init`, which is no such number. Then comes the version that
// the driver gave its function: the dialect of all that follows. Everything is read, though little is used: what follows can't be
// found otherwise.

/** mapInArrow, the only kind of function that this worker runs. */
const mapInArrow = 207;

/** Whatever fails here means a Spark that speaks differently. @throws SPARK_VERSION_UNSUPPORTED, PeerGone */
export async function readTask(first: number, source: ByteSource): Promise<SparkTask> {
  try {
    if (first !== specialLengths.init) return await readBlock(first, new FrameReader(source));
    const block = new FrameReader(new MemorySource(await new FrameReader(source).bytes()));
    return await readBlock(await block.int(), block);
  } catch (error) {
    if (error instanceof PeerGone || error instanceof DStreamError) throw error;
    throw new DStreamError(
      "SPARK_VERSION_UNSUPPORTED",
      `the worker does not understand how this Spark describes a task; it knows Spark ${knownVersions.join(", ")}`,
      { cause: error },
    );
  }
}

async function readBlock(partition: number, reader: FrameReader): Promise<SparkTask> {
  if (partition < 0) throw new Error(`partition ${partition}`);
  const version = await reader.string();
  const dialect = dialectNamed(version);
  if (dialect === undefined) throw new Error(`Spark ${version}`);
  const context = dialect.context === "json" ? await readJsonContext(reader) : await readContext(reader, dialect);
  const filesDir = await reader.string();
  await reader.list(() => reader.string()); // Python files to include
  await readBroadcasts(reader);
  const kind = await reader.int();
  if (kind !== mapInArrow) {
    throw new DStreamError(
      "NOT_SUPPORTED",
      `the worker runs mapInArrow (${mapInArrow}) only, not functions of kind ${kind}`,
    );
  }
  await readConfig(reader); // of the runner
  if (dialect.hasFunctionConfig) await readConfig(reader);
  const isProfiled = dialect.hasProfiler && (await reader.bool());
  if (isProfiled) await reader.string(); // by what
  const [command, more] = await readFunctions(reader, {
    hasNames: dialect.hasArgumentNames,
    hasIds: dialect.profileIds === "all" || (dialect.profileIds === "profiled" && isProfiled),
  });
  if (command === undefined || more !== undefined) throw new Error("not exactly one function");
  return {
    command,
    ...context,
    filesDir,
    dialect,
  };
}

type Context = Pick<SparkTask, "stageId" | "partitionId" | "attemptNumber">;

async function readJsonContext(reader: FrameReader): Promise<Context> {
  const context = JSON.parse(await reader.string());
  return {
    stageId: integer(context, "stageId"),
    partitionId: integer(context, "partitionId"),
    attemptNumber: integer(context, "attemptNumber"),
  };
}

async function readContext(reader: FrameReader, { contextPort }: SparkDialect): Promise<Context> {
  const isBarrier = await reader.bool();
  if (isBarrier || contextPort === "always") {
    await reader.int(); // port
    await reader.string(); // secret
  }
  const context = { stageId: await reader.int(), partitionId: await reader.int(), attemptNumber: await reader.int() };
  await reader.long(); // the attempt's id
  await reader.int(); // processors
  await reader.list(async () => {
    await reader.string(); // a resource
    await reader.string(); // its name
    await reader.list(() => reader.string()); // its addresses
  });
  await readConfig(reader); // local properties
  return context;
}

function integer(context: Record<string, unknown>, name: string): number {
  const value = context[name];
  if (typeof value !== "number" || !Number.isInteger(value)) throw new Error(`no ${name} in the task's context`);
  return value;
}

async function readBroadcasts(reader: FrameReader): Promise<void> {
  const encrypted = await reader.bool();
  const count = await reader.int();
  if (encrypted || count !== 0) throw new Error(`${count} broadcast variables of Spark's own`);
}

async function readConfig(reader: FrameReader): Promise<void> {
  await reader.list(async () => {
    await reader.string();
    await reader.string();
  });
}

/** The commands of all functions, chained ones too. */
async function readFunctions(
  reader: FrameReader,
  { hasNames, hasIds }: { readonly hasNames: boolean; readonly hasIds: boolean },
): Promise<Buffer[]> {
  const functions = await reader.list(async () => {
    await reader.list(async () => {
      await reader.int(); // the argument's column
      if (hasNames && (await reader.bool())) await reader.string(); // its name
    });
    const commands = await reader.list(() => reader.bytes());
    if (hasIds) await reader.long(); // of its profile
    return commands;
  });
  return functions.flat();
}
