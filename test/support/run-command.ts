import { Readable, Writable } from "node:stream";
import { runCommandLine } from "../../src/cli/run-command-line.ts";

export interface CommandOutcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command in this process, with `input` as its standard input. */
export async function runCommand(
  args: readonly string[],
  input: Readable = Readable.from([]),
): Promise<CommandOutcome> {
  const [output, errors] = [new TextSink(), new TextSink()];
  const code = await runCommandLine(args, { input, output, errors });
  return { code, output: output.text, errors: errors.text };
}

class TextSink extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
