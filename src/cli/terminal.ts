import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

/** What a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  readonly input: Readable;
  /** For results. */
  readonly output: Writable;
  /** For errors and progress. */
  readonly errors: Writable;
}

/** Writes a line; resolves when the stream can take more. */
export async function printLine(stream: Writable, line: string): Promise<void> {
  if (!stream.write(`${line}\n`)) await once(stream, "drain");
}
