import { appendFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

// Stands in a folder of its own beside helper.ts, where an editor saves helper.ts just when the workers start, or before start().
const { add } = await import("./helper.ts" as string);
const { StreamingContext, seconds } = await import(process.argv[2] as string);
if (!isMainThread) appendFileSync(new URL("./helper.ts", import.meta.url), "// edited\n");

const ssc = new StreamingContext({ appName: "changes-its-import", batchInterval: seconds(1) });
ssc
  .queueStream([[1]])
  .reduce(add)
  .print();
if (process.argv[3] === "before-start") {
  appendFileSync(new URL("./helper.ts", import.meta.url), "// edited\n");
}
await ssc.start();
await ssc.awaitTermination();
