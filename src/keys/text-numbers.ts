import { randomInt } from "node:crypto";

const firstSlots = 1 << 10;
/** Slots that a text is looked for in; what finds none of them free is kept in a Map. */
const maxProbes = 64;

/**
 * Numbers distinct texts from 0 on, in the order in which they come. A Map has the engine hash each fresh string out of line, which
 * takes two to three times as long. The hash has a random seed and a text is looked for in few slots, so keys that somebody chose to
 * collide cost no more than a Map's.
 */
export class TextNumbers {
  readonly #seed: number;
  /** By number. */
  readonly texts: string[] = [];
  /** Of each slot: the hash of its text, 0 where it is free, and the number. At least half of the slots are free. */
  #hashes = new Int32Array(firstSlots);
  #numbers = new Int32Array(firstSlots);
  readonly #crowded = new Map<string, number>();

  /** `seed`: random unless given. */
  constructor(seed = randomInt(2 ** 32)) {
    this.#seed = seed | 0;
  }

  /** The text's number; that of a text which is new is what `texts.length` was. */
  numberOf(text: string): number {
    const hash = this.#hash(text);
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let slot = hash & mask;
    for (let probes = 0; probes < maxProbes; probes++) {
      const found = hashes[slot];
      if (found === 0) break;
      if (found === hash) {
        const number = this.#numbers[slot] as number;
        if (this.texts[number] === text) return number;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(text, hash);
  }

  #add(text: string, hash: number): number {
    // Asking a Map has the engine hash the text, even where the Map is empty, as it nearly always is.
    const crowded = this.#crowded.size === 0 ? undefined : this.#crowded.get(text);
    if (crowded !== undefined) return crowded;
    const number = this.texts.length;
    this.texts.push(text);
    if (!this.#place(hash, number)) this.#crowded.set(text, number);
    if (this.texts.length * 2 > this.#hashes.length) this.#grow();
    return number;
  }

  /** Whether there was a free slot. */
  #place(hash: number, number: number): boolean {
    const mask = this.#hashes.length - 1;
    for (let probes = 0; probes < maxProbes; probes++) {
      const slot = (hash + probes) & mask;
      if (this.#hashes[slot] !== 0) continue;
      this.#hashes[slot] = hash;
      this.#numbers[slot] = number;
      return true;
    }
    return false;
  }

  #grow(): void {
    const [hashes, numbers] = [this.#hashes, this.#numbers];
    this.#hashes = new Int32Array(hashes.length * 2);
    this.#numbers = new Int32Array(hashes.length * 2);
    for (let slot = 0; slot < hashes.length; slot++) {
      const [hash, number] = [hashes[slot] as number, numbers[slot] as number];
      if (hash !== 0 && !this.#place(hash, number)) this.#crowded.set(this.texts[number] as string, number);
    }
  }

  /** Of this process only: two characters at a time, never 0. */
  #hash(text: string): number {
    const { length } = text;
    let hash = this.#seed ^ length;
    let i = 1;
    for (; i < length; i += 2) {
      hash = Math.imul(hash ^ (text.charCodeAt(i - 1) | (text.charCodeAt(i) << 16)), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    if (i === length) hash = Math.imul(hash ^ text.charCodeAt(i - 1), 0x9e3779b1);
    hash ^= hash >>> 15;
    return hash === 0 ? 1 : hash;
  }
}
