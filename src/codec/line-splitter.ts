import { StringDecoder } from "node:string_decoder";
import { DStreamError } from "../errors/dstream-error.ts";

/** Cuts UTF-8 text that comes in pieces into lines, which end in LF, CR LF or CR. What is not UTF-8 becomes U+FFFD. */
export class LineSplitter {
  readonly #where: string;
  readonly #maxLength: number;
  readonly #decoder = new StringDecoder("utf8");
  /** The beginning of a line whose end has not come yet. */
  #partial = "";
  /** The last piece ended in CR: a LF that comes next belongs to it. */
  #isBehindReturn = false;

  /** `where` names the text in errors. `maxLength`: characters that a line may have. */
  constructor(where: string, maxLength: number) {
    this.#where = where;
    this.#maxLength = maxLength;
  }

  /** The lines that end in a piece. @throws FRAME_TOO_LARGE */
  push(bytes: Uint8Array): string[] {
    let text = this.#decoder.write(bytes);
    if (this.#isBehindReturn && text !== "") {
      this.#isBehindReturn = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    if (text === "") return [];
    this.#isBehindReturn = text.endsWith("\r");
    const lines = text.includes("\r") ? text.split(/\r\n|\n|\r/) : text.split("\n");
    lines[0] = this.#partial + lines[0];
    this.#partial = lines.pop() as string;
    if (this.#partial.length > this.#maxLength) {
      const message = `a line of ${this.#where} is longer than ${this.#maxLength} characters`;
      throw new DStreamError("FRAME_TOO_LARGE", message, { data: { limit: this.#maxLength } });
    }
    return lines;
  }

  /** Behind the last piece: the last line, where it lacks its end. */
  end(): string[] {
    const last = this.#partial + this.#decoder.end();
    this.#partial = "";
    return last === "" ? [] : [last];
  }
}
