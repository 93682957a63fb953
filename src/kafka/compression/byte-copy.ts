// The two copies that LZ4 and Snappy are made of. Short ones are the rule, and a loop beats a native call for them.
const loopBytesMax = 32;

/** Copies `length` bytes that both sides are known to have. */
export function copyLiteral(source: Buffer, from: number, target: Buffer, to: number, length: number): void {
  if (length > loopBytesMax) {
    source.copy(target, to, from, from + length);
    return;
  }
  for (let i = 0; i < length; i++) target[to + i] = source[from + i] as number;
}

/** Repeats what stands `distance` bytes before `to`; where they overlap, the repeated bytes are repeated themselves. */
export function copyMatch(target: Buffer, to: number, distance: number, length: number): void {
  const from = to - distance;
  if (length <= loopBytesMax) {
    for (let i = 0; i < length; i++) target[to + i] = target[from + i] as number;
    return;
  }
  // Each step doubles the run that can be copied without overlap.
  for (let done = 0; done < length; ) {
    const step = Math.min(length - done, distance + done);
    target.copyWithin(to + done, from, from + step);
    done += step;
  }
}
