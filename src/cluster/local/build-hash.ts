import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { DStreamError } from "../../errors/dstream-error.ts";

/** The hash of the job's file as it is on disk now. @throws INVALID_OPTION when it can't be read. */
export async function buildHash(jobFile: string): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(jobFile))
      .digest("hex");
  } catch (error) {
    throw new DStreamError(
      "INVALID_OPTION",
      `the job's file ${jobFile} cannot be read; set jobFile to the module that workers load`,
      { cause: error },
    );
  }
}
