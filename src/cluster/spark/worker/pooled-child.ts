import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { handedConnection, takenConnection } from "./daemon/child.ts";

const printedMax = 4_096;
/** What a process printed last is there soon after its end, unless a process of its own has the pipe, too. */
const lastWordsMs = 300;

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it printed to stderr. */
  readonly printed: string;
}

/**
 * A child as its daemon sees it. The daemon keeps a handle of the connection that it gave away, so that Spark does not see its end
 * before the daemon has said why.
 */
export class PooledChild {
  readonly process: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<ChildEnd>;
  connection: Socket | undefined;
  /** Whether it has answered on its connection, or may have. */
  hasTaken = false;
  wasKilled = false;
  #printed = "";

  constructor(process: ChildProcess) {
    this.process = process;
    process.on("message", (message) => {
      if (message === takenConnection) this.hasTaken = true;
    });
    this.ended = this.#end();
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  give(socket: Socket): void {
    this.connection = socket;
    this.process.send(handedConnection, socket, { keepOpen: true }, () => {
      // One that could not be started has no end; one that died meanwhile has.
      if (this.pid === undefined) socket.destroy();
    });
  }

  kill(): void {
    this.wasKilled = true;
    this.process.kill("SIGKILL");
  }

  async #end(): Promise<ChildEnd> {
    const { stderr } = this.process;
    stderr?.on("data", (chunk: Buffer) => {
      process.stderr.write(chunk);
      this.#printed = (this.#printed + chunk.toString("latin1")).slice(-printedMax);
    });
    const closed = new Promise<void>((resolve) => (stderr === null ? resolve() : stderr.once("close", resolve)));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      this.process.once("exit", (...how) => resolve(how));
    });
    if (code !== 0) await Promise.race([closed, delay(lastWordsMs)]);
    return { code, signal, printed: this.#printed };
  }
}
