import { testFailingDisk } from "../support/failing-disk.ts";
import type { FileOperation } from "../support/faulty-file-system.ts";

const errors: Partial<Record<FileOperation, string>> = {
  write: "ENOSPC",
  sync: "EIO",
  open: "EMFILE",
  rename: "EIO",
  syncDirectory: "EIO",
};

for (const [operation, code] of Object.entries(errors)) {
  testFailingDisk(operation as FileOperation, code, { numBatches: 3 });
}
