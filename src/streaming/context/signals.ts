const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The first SIGINT or SIGTERM asks the job to stop; a second one ends the process at once, with the signal's exit code.
 * Returns the function that stops listening.
 */
export function stopOnSignals(stop: () => void): () => void {
  let isStopping = false;
  const listener = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(signals[signal as keyof typeof signals]);
    isStopping = true;
    stop();
  };
  for (const signal of Object.keys(signals)) process.on(signal, listener);
  return () => {
    for (const signal of Object.keys(signals)) process.off(signal, listener);
  };
}
