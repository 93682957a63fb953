import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runWorkerProgram } from "../../../src/cluster/spark/worker/worker-program.ts";

// A worker whose command is the name of a job's bundle: it loads the bundle, which never ends, and sends what its place() gives.

await runWorkerProgram(process.argv.slice(2), async () => ({
  async run({ command, filesDir }, input, output) {
    let rows = 0;
    for await (const batch of input) rows += batch.numRows;
    const bundle = join(filesDir, Buffer.from(command).toString());
    const failed = import(pathToFileURL(bundle).href).then(() => {});
    const evaluated = new Promise<void>((resolve) => setImmediate(resolve));
    await Promise.race([failed, evaluated]);
    const { place } = globalThis as unknown as { place: () => object };
    output.open([{ name: "text", type: "utf8" }]).append(JSON.stringify({ rows, ...place() }));
  },
}));
