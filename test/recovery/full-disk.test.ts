import { testFailingDisk } from "../support/failing-disk.ts";

// A failure at each of the first 500 writes and syncs takes a quarter of an hour; DSTREAM_STEP=1 takes it.
const step = Number(process.env.DSTREAM_STEP ?? 10);

testFailingDisk("write", "ENOSPC", { numBatches: 120, maxCalls: 500, step });
testFailingDisk("sync", "EIO", { numBatches: 120, maxCalls: 500, step });
