import { DStreamError } from "../../../errors/dstream-error.ts";
import { checkStorageLevel, type StorageLevel } from "../../input/storage-level.ts";

/** What programs say of whether an RDD keeps its rows. All levels but NONE keep them in the driver's memory. */
export abstract class Persistable {
  #level: StorageLevel = "NONE";
  #isCheckpointed = false;

  get storageLevel(): StorageLevel {
    return this.#level;
  }

  cache(): this {
    return this.persist();
  }

  /** @throws INVALID_OPTION; ILLEGAL_STATE when it has another level already. */
  persist(level: StorageLevel = "MEMORY_ONLY"): this {
    checkStorageLevel("persist's level", level);
    if (this.#level !== "NONE" && level !== this.#level) {
      const text = `persist: cannot change the storage level of an RDD from ${this.#level} to ${level}; unpersist() it first`;
      throw new DStreamError("ILLEGAL_STATE", text);
    }
    this.#level = level;
    return this;
  }

  unpersist(): this {
    this.#level = "NONE";
    if (!this.#isCheckpointed) this.forget();
    return this;
  }

  checkpoint(): void {
    this.#isCheckpointed = true;
  }

  protected get keepsRows(): boolean {
    return this.#isCheckpointed || this.#level !== "NONE";
  }

  /** Gives up the rows that were kept. */
  protected abstract forget(): void;
}
