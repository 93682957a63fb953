import { atOnce, rowsAtOnce } from "../../errors/user-code/at-once.ts";
import type { PlanNode } from "../../plan/graph/nodes/node.ts";
import { asPair } from "../errors/no-pair.ts";

/**
 * Writes the source of a loop that runs a whole chain of narrow operators over rows. One piece of code for each chain, so
 * that the engine sees one target at each call and can inline the user's functions, which a chain of closures prevents.
 */
export class LoopWriter {
  readonly functions: unknown[] = [];
  readonly #lines: string[] = [];
  #variables = 0;
  #refuse: string | undefined;
  #refuseRows: string | undefined;
  #refuseOther: string | undefined;

  line(text: string): void {
    this.#lines.push(text);
  }

  /** A name in the loop for a function of the user. */
  bind(f: unknown): string {
    this.functions.push(f);
    return `f${this.functions.length - 1}`;
  }

  fresh(): string {
    return `v${this.#variables++}`;
  }

  /** Notes which operator runs, for errors. */
  enter(node: PlanNode): void {
    this.line(`at.operator = ${node.id};`);
  }

  /** Refuses a promise: the value in the variable is what a function of the user gave. Inlined, since it runs for each row. */
  atOnce(value: string): void {
    this.#refuse ??= this.bind(atOnce);
    this.line(
      `if (${value} !== null && (typeof ${value} === "object" || typeof ${value} === "function") && typeof ${value}.then === "function") ${this.#refuse}(${value});`,
    );
  }

  /** The same of the rows that a function of the user gave. */
  rowsAtOnce(rows: string): void {
    this.#refuseRows ??= this.bind(rowsAtOnce);
    this.line(`if (!Array.isArray(${rows})) ${this.#refuseRows}(${rows});`);
  }

  /** Refuses a row that is no pair. */
  pair(row: string): void {
    this.#refuseOther ??= this.bind(asPair);
    this.line(`if (!Array.isArray(${row}) || ${row}.length !== 2) ${this.#refuseOther}(${row});`);
  }

  source(): string {
    return this.#lines.join("\n");
  }
}

/** Writes one operator: from the variable `row` to the variable that `next` is called with. */
export type Emit<N> = (loop: LoopWriter, node: N, row: string, next: (row: string) => void) => void;
