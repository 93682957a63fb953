import { DStreamError } from "../../../errors/dstream-error.ts";
import type { ByteSource } from "../arrow/byte-source.ts";
import { FrameReader } from "./framing.ts";
import type { SparkTask } from "./function-host.ts";
import { MemorySource } from "./memory-source.ts";
import { PeerGone } from "./peer-gone.ts";
import { specialLengths } from "./special-lengths.ts";

// How Spark describes a task to a Python worker (its PythonRunner and ArrowPythonRunner). Spark 4.2 writes the description
// bare; it begins with a partition's number. Spark 4.3 writes it as one message behind `init`, which is no such number.
// Everything is read, though little is used: what follows can't be found otherwise.

/** mapInArrow, the only kind of function that this worker runs. */
const mapInArrow = 207;

/** Whatever fails here means a Spark that speaks differently. @throws SPARK_VERSION_UNSUPPORTED, PeerGone */
export async function readTask(first: number, source: ByteSource): Promise<SparkTask> {
  try {
    if (first !== specialLengths.init) return await readBlock(first, new FrameReader(source), "4.2");
    const block = new FrameReader(new MemorySource(await new FrameReader(source).bytes()));
    return await readBlock(await block.int(), block, "4.3");
  } catch (error) {
    if (error instanceof PeerGone || error instanceof DStreamError) throw error;
    throw new DStreamError(
      "SPARK_VERSION_UNSUPPORTED",
      `the worker does not understand how this Spark describes a task; it knows Spark 4.2 and 4.3`,
      { cause: error },
    );
  }
}

async function readBlock(partition: number, reader: FrameReader, sparkVersion: string): Promise<SparkTask> {
  if (partition < 0) throw new Error(`partition ${partition}`);
  await reader.string(); // the version that the driver gave its function
  const context = JSON.parse(await reader.string());
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
  await readConfig(reader); // of this kind of function
  const [command, more] = await readFunctions(reader);
  if (command === undefined || more !== undefined) throw new Error("not exactly one function");
  return {
    command,
    stageId: integer(context, "stageId"),
    partitionId: integer(context, "partitionId"),
    attemptNumber: integer(context, "attemptNumber"),
    filesDir,
    sparkVersion,
  };
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
async function readFunctions(reader: FrameReader): Promise<Buffer[]> {
  const functions = await reader.list(async () => {
    await reader.list(async () => {
      await reader.int(); // the argument's column
      if (await reader.bool()) await reader.string(); // its name
    });
    const commands = await reader.list(() => reader.bytes());
    await reader.long(); // an id for profiles
    return commands;
  });
  return functions.flat();
}
