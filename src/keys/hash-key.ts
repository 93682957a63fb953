import { finishHash, mixWord, murmur3 } from "../bytes/murmur3.ts";
import { canonicalBytes, tags } from "./canonical-bytes.ts";

const seed = 42;

/** The stable hash of a key: 32-bit murmur3, seed 42, of its canonical bytes. @throws KEY_NOT_CANONICAL */
export function hashKey(key: unknown): number {
  if (typeof key === "string") {
    const hash = hashAscii(key);
    if (hash >= 0) return hash;
  }
  return murmur3(canonicalBytes(key), seed);
}

/** The same for a string of ASCII, without making its bytes; −1 when it has another character. */
function hashAscii(key: string): number {
  const length = key.length + 1;
  let hash = seed;
  let word: number = tags.string;
  let shift = 8;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code > 127) return -1;
    word |= code << shift;
    shift += 8;
    if (shift === 32) {
      hash = mixWord(hash, word);
      word = 0;
      shift = 0;
    }
  }
  return finishHash(hash, word, length);
}
