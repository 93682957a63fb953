import type { FileSystem } from "../../src/runtime/files/file-system.ts";
import { type Machine, thisMachine } from "../../src/runtime/machine/machine.ts";

/** This machine with other files. */
export function machineWith(files: FileSystem): Machine {
  return { ...thisMachine, files };
}
