import { DStreamError } from "../../errors/dstream-error.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import type { ProducerEpoch, ProducerNetwork } from "./producer-network.ts";

const backoffMsMax = 1_000;

/** The producer id under which the broker counts sequences: fetched when needed, and again after `renew`. */
export class ProducerIdentity {
  readonly #network: ProducerNetwork;
  readonly #timers: Timers;
  readonly #retryBackoffMs: number;
  #current: ProducerEpoch | undefined;
  #isObtaining = false;
  #attempts = 0;
  /** No attempt before this moment of the monotonic clock. */
  notBefore = 0;

  constructor(network: ProducerNetwork, timers: Timers, retryBackoffMs: number) {
    this.#network = network;
    this.#timers = timers;
    this.#retryBackoffMs = retryBackoffMs;
  }

  get current(): ProducerEpoch | undefined {
    return this.#current;
  }

  /**
   * Gives the id up: sequences that the broker did not get in order can't be continued. What is retried under the next id may be
   * in the log twice, if the answer to its first sending was lost.
   */
  renew(): void {
    this.#current = undefined;
  }

  /** Whether a new id was obtained; false: not now, call again from `notBefore` on. Rejects where trying again can't help. */
  async obtain(now: number): Promise<boolean> {
    if (this.#isObtaining || now < this.notBefore) return false;
    this.#isObtaining = true;
    try {
      this.#current = await this.#network.initProducerId();
      this.#attempts = 0;
      return true;
    } catch (thrown) {
      if (thrown instanceof DStreamError && !thrown.retryable) throw thrown;
      this.notBefore = this.#timers.elapsed() + Math.min(backoffMsMax, this.#retryBackoffMs * 2 ** this.#attempts++);
      return false;
    } finally {
      this.#isObtaining = false;
    }
  }
}
