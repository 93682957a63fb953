import { invalidOption } from "../../errors/checks/check-options.ts";

/** Spark's words for where rows are kept for another use. */
export type StorageLevel =
  | "NONE"
  | "MEMORY_ONLY"
  | "MEMORY_ONLY_SER"
  | "MEMORY_AND_DISK"
  | "MEMORY_AND_DISK_SER"
  | "DISK_ONLY";

const levels: readonly StorageLevel[] = [
  "NONE",
  "MEMORY_ONLY",
  "MEMORY_ONLY_SER",
  "MEMORY_AND_DISK",
  "MEMORY_AND_DISK_SER",
  "DISK_ONLY",
];

/** @throws INVALID_OPTION */
export function checkStorageLevel(what: string, level: StorageLevel): void {
  if (!levels.includes(level)) throw invalidOption(what, level, `one of ${levels.join(", ")}`);
}
