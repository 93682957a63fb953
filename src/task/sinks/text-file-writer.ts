import { join } from "node:path";
import { encodeRows } from "../../codec/block.ts";
import { checkText } from "../../codec/plain-value.ts";
import { fileUnavailable } from "../../errors/unavailable.ts";
import type { FilesOutput } from "../../plan/graph/output.ts";
import type { FileSystem, OpenFile } from "../../runtime/files/file-system.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { uniqueId } from "../../runtime/machine/random.ts";
import { batchFolder } from "../../sources/files/reading/batch-folder.ts";
import type { OutputPart } from "../task-spec.ts";
import type { Sink } from "./sink.ts";

/** Where one of its attempts writes a partition of an output, and who is told of it. */
export interface TextFileOptions {
  readonly partition: number;
  readonly batchTime: number;
  readonly machine: Pick<Machine, "files" | "random">;
  readonly done: (part: OutputPart) => void;
}

const chunkLength = 256 * 1024;

/**
 * Writes the rows of a partition as lines to a file of its own, whose name no other attempt has, and tells the driver its path
 * once everything is on the medium. The driver decides which attempt's file counts, and what it will be called: a program that
 * makes up its prefix anew wherever it runs has others here.
 */
export class TextFileWriter implements Sink {
  readonly #output: FilesOutput;
  readonly #partition: number;
  readonly #done: (part: OutputPart) => void;
  readonly #folder: string;
  readonly #path: string;
  readonly #files: FileSystem;
  #text = "";
  /** Bytes that the file has; undefined before there is one. */
  #length: number | undefined;

  constructor(output: FilesOutput, { partition, batchTime, machine, done }: TextFileOptions) {
    this.#output = output;
    this.#partition = partition;
    this.#done = done;
    this.#files = machine.files;
    this.#folder = batchFolder(output.sink, batchTime).written;
    this.#path = join(this.#folder, `${partition}-${uniqueId(machine.random)}`);
  }

  /** @throws VALUE_NOT_ENCODABLE for a text that is none in UTF-8. */
  add(row: unknown): void {
    const line = this.#output.sink.format(row);
    checkText(line);
    this.#text += `${line}\n`;
  }

  /** No file stays open meanwhile, since nobody would close that of a task that fails. */
  async ready(): Promise<void> {
    if (this.#text.length < chunkLength) return;
    await this.#append();
  }

  async finish(): Promise<void> {
    await this.#append((file) => file.sync());
    const blocks = [encodeRows([this.#path])];
    this.#done({ output: this.#output.id, partition: this.#partition, count: 1, blocks, complete: true });
  }

  /** Writes what has come together behind what the file has. */
  async #append(written?: (file: OpenFile) => Promise<void>): Promise<void> {
    const bytes = Buffer.from(this.#text);
    this.#text = "";
    try {
      if (this.#length === undefined) await this.#files.makeDirectory(this.#folder);
      const file = await this.#files.open(this.#path, this.#length === undefined ? "create" : "change");
      try {
        this.#length ??= 0;
        await file.write(bytes, this.#length);
        this.#length += bytes.length;
        await written?.(file);
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw fileUnavailable(this.#path, "written", cause);
    }
  }
}
