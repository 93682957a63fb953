import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DStreamError } from "../../../errors/dstream-error.ts";
import type { FunctionHost } from "./function-host.ts";

/** Runs levels of the job whose module the driver has shipped. */
export const levelHost: FunctionHost = {
  async run(task) {
    const { job } = decodeCommand(task.command);
    await import(pathToFileURL(join(task.filesDir, job)).href);
    throw new DStreamError("NOT_SUPPORTED", "levels do not run on Spark yet");
  },
};

function decodeCommand(command: Uint8Array): { readonly job: string } {
  try {
    const { job } = JSON.parse(Buffer.from(command).toString("utf8"));
    if (typeof job === "string") return { job };
  } catch {
    // Falls through: neither JSON nor an object.
  }
  throw new DStreamError("BUILD_MISMATCH", `the worker can't read its command of ${command.length} bytes`);
}
