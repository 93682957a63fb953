/** Mulberry32: a small generator of numbers from 0 to 1, repeatable by its seed. */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often each next row is taken: once with probability `fraction`, or, with replacement, Poisson with that mean. */
export function sampler(withReplacement: boolean, fraction: number, seed: number): () => number {
  const random = seeded(seed);
  if (!withReplacement) return () => (random() < fraction ? 1 : 0);
  const limit = Math.exp(-fraction);
  return () => {
    let times = 0;
    for (let product = random(); product > limit; product *= random()) times++;
    return times;
  };
}
