/** A timer of Node's that is longer ends at once. */
const longestTimerMs = 2 ** 31 - 1;

/** True when a promise resolves within `timeout` milliseconds, else false. @throws what it rejects with. */
export async function resolvesWithin(timeout: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, Math.min(timeout, longestTimerMs), false);
  });
  try {
    return await Promise.race([promise.then(() => true), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
