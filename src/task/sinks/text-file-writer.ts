import { appendFile, open } from "node:fs/promises";
import { join } from "node:path";
import { encodeRows } from "../../codec/block.ts";
import { checkText } from "../../codec/plain-value.ts";
import { fileUnavailable } from "../../errors/unavailable.ts";
import type { FilesOutput } from "../../plan/graph/output.ts";
import { makeFolder } from "../../runtime/files/make-folder.ts";
import { uniqueId } from "../../runtime/unique-id.ts";
import { batchFolder } from "../../sources/files/reading/batch-folder.ts";
import type { OutputPart } from "../task-spec.ts";
import type { Sink } from "./sink.ts";

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
  #text = "";
  #isBegun = false;

  constructor(output: FilesOutput, partition: number, batchTime: number, done: (part: OutputPart) => void) {
    this.#output = output;
    this.#partition = partition;
    this.#done = done;
    this.#folder = batchFolder(output.sink, batchTime).written;
    this.#path = join(this.#folder, `${partition}-${uniqueId()}`);
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
    await this.#io(() => appendFile(this.#path, this.#taken()));
  }

  async finish(): Promise<void> {
    await this.#io(async () => {
      await using file = await open(this.#path, "a");
      await file.appendFile(this.#taken());
      await file.datasync();
    });
    const blocks = [encodeRows([this.#path])];
    this.#done({ output: this.#output.id, partition: this.#partition, count: 1, blocks, complete: true });
  }

  #taken(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  async #io(work: () => Promise<void>): Promise<void> {
    try {
      if (!this.#isBegun) await makeFolder(this.#folder);
      this.#isBegun = true;
      await work();
    } catch (cause) {
      throw fileUnavailable(this.#path, "written", cause);
    }
  }
}
