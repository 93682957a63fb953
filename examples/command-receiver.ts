// A receiver of your own: the lines that a command prints, given as arguments. It is started again when it fails, and the stream ends with
// it when it is done. What the command printed and no batch had is lost when the job dies; a sender that can be asked again would wait
// for the promises of store().
// Run: npm run dstream -- run examples/command-receiver.ts -- ping -c 20 localhost
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Receiver, StreamingContext, seconds } from "dstream";

/** Rows are the lines of a command's standard output. */
class CommandReceiver extends Receiver<string> {
  readonly #command: readonly string[];
  #process: ChildProcess | undefined;

  constructor(command: readonly string[]) {
    super();
    this.#command = command;
  }

  async onStart(): Promise<void> {
    const [name = "", ...args] = this.#command;
    const child = spawn(name, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    const ended = new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
    for await (const line of createInterface({ input: child.stdout })) {
      void this.store(line);
      if (this.isFull) await this.ready();
    }
    const code = await ended;
    if (code === 0) this.stop(`${name} is done`);
    else if (this.isStarted()) this.restart(`${name} ended with ${code}`);
  }

  onStop(): void {
    this.#process?.kill();
  }
}

const ssc = new StreamingContext({ appName: "command-receiver", batchInterval: seconds(1) });
const command = process.argv.slice(2);

ssc.receiverStream(new CommandReceiver(command.length > 0 ? command : ["ping", "-c", "20", "localhost"])).print();

await ssc.start();
await ssc.awaitTermination();
