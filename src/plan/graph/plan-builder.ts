import { DStreamError } from "../../errors/dstream-error.ts";
import { nodeNames } from "./node-names.ts";
import type { PlanNode } from "./nodes/node.ts";
import type { Output } from "./output.ts";

/** Every variant of a union without some of its members. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What a job consists of: its nodes in order of creation and its outputs in order of registration. */
export interface Graph {
  readonly nodes: readonly PlanNode[];
  readonly outputs: readonly Output[];
  /** Name of each node by id: given, or derived from its path. */
  readonly names: readonly string[];
  /** Those that the program gave. */
  readonly given?: readonly string[];
}

/** Collects nodes and outputs while a program builds its graph. */
export class PlanBuilder {
  readonly #nodes: PlanNode[] = [];
  readonly #outputs: Output[] = [];
  readonly #givenNames = new Map<number, string>();

  add<N extends PlanNode>(node: Without<N, "id">): N {
    const added = Object.freeze({ ...node, id: this.#nodes.length }) as unknown as N;
    this.#nodes.push(added);
    return added;
  }

  addOutput<O extends Output>(output: Without<O, "id">): O {
    const added = Object.freeze({ ...output, id: this.#outputs.length }) as unknown as O;
    this.#outputs.push(added);
    return added;
  }

  /** @throws INVALID_OPTION when another node has the name. */
  nameNode(id: number, name: string): void {
    for (const [other, taken] of this.#givenNames) {
      if (taken === name && other !== id) {
        throw new DStreamError("INVALID_OPTION", `two operators have the name "${name}"; names are unique in a job`);
      }
    }
    this.#givenNames.set(id, name);
  }

  build(): Graph {
    const names = nodeNames(this.#nodes, this.#givenNames);
    return { nodes: [...this.#nodes], outputs: [...this.#outputs], names, given: [...this.#givenNames.values()] };
  }
}
