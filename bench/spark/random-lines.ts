const vocabulary = 50_000;
const wordsPerLine = 10;

/** Lines of ten words of 50,000, by Zipf's law with exponent 1; the same each time. */
export function* randomLines(count: number): Generator<string> {
  const words = Array.from({ length: vocabulary }, (_, i) => wordOf(i));
  const random = mulberry32(42);
  // The harmonic series is nearly a logarithm, so its inverse is nearly an exponential.
  const scale = Math.log(vocabulary + 1);
  for (let i = 0; i < count; i++) {
    const line: string[] = [];
    for (let k = 0; k < wordsPerLine; k++) {
      line.push(words[Math.min(vocabulary - 1, Math.floor(Math.exp(random() * scale)) - 1)] as string);
    }
    yield line.join(" ");
  }
}

/** 2 to 12 letters, another word for each number. */
function wordOf(i: number): string {
  const letters = i.toString(26).replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)));
  return `${letters}${"etaoinshrdl".slice(0, (i * 7) % 9)}`;
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
