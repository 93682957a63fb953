import { DStreamError } from "../../errors/dstream-error.ts";
import { type Random, uniqueId } from "../../runtime/machine/random.ts";
import type { NewStateFile, ReadSection, StateFile, StateFiles } from "../files/state-file.ts";

/** No files at all, for a job without a checkpoint folder: versions of the state get names, and live in their worker's memory. */
export const memoryOnlyFiles = (random: Random): StateFiles => ({
  isDurable: false,
  async write(file: NewStateFile): Promise<StateFile> {
    return { ...file, id: uniqueId(random), length: 0, crc: 0 };
  },
  // biome-ignore lint/correctness/useYield: there is nothing to give, only the reason why.
  async *read({ operator }: StateFile): AsyncGenerator<ReadSection> {
    throw new DStreamError(
      "WORKER_DIED",
      `a worker ended, and with it the state of ${operator} that it held in memory; set checkpointDir to keep state in files`,
      { retryable: false, data: { operator, option: "checkpointDir" } },
    );
  },
});
