import { invalidOption } from "../errors/checks/check-options.ts";

/** Milliseconds. */
export type Duration = number;

/** `n` milliseconds. */
export const milliseconds = (n: number): Duration => n;
/** `n` seconds. */
export const seconds = (n: number): Duration => n * 1_000;
/** `n` minutes. */
export const minutes = (n: number): Duration => n * 60_000;

/** Whether what a program gave is a duration, and one that has so many slides as a whole number, at least one. */
export function hasWholeSlides(duration: unknown, slide: Duration): boolean {
  return typeof duration === "number" && duration > 0 && duration % slide === 0;
}

/** @throws INVALID_OPTION when an interval is not a positive multiple of the slide. */
export function checkCheckpointInterval(interval: Duration, slide: Duration): void {
  if (hasWholeSlides(interval, slide)) return;
  throw invalidOption("the checkpoint interval", interval, `a multiple of the stream's slide, ${slide} ms`);
}
