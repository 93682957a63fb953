/** Milliseconds. */
export type Duration = number;

/** `n` milliseconds. */
export const milliseconds = (n: number): Duration => n;
/** `n` seconds. */
export const seconds = (n: number): Duration => n * 1_000;
/** `n` minutes. */
export const minutes = (n: number): Duration => n * 60_000;
