import { type WritesOptions, writesByPartition } from "./writes-by-partition.ts";

// What the workers of writesByPartition load.

await writesByPartition(JSON.parse(process.argv[2] ?? "{}") as WritesOptions).start();
