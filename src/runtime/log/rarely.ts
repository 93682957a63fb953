import type { Timers } from "../machine/timers.ts";

const pauseMs = 10_000;

/** Tells what may happen again and again every ten seconds at most, with how often it was left out since. */
export function rarely(tell: (text: string) => void, timers: Timers): (text: string) => void {
  let next = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (text) => {
    if (timers.elapsed() < next) {
      leftOut++;
      return;
    }
    const more = leftOut === 0 ? "" : ` (${leftOut} more since the last warning)`;
    next = timers.elapsed() + pauseMs;
    leftOut = 0;
    tell(`${text}${more}`);
  };
}
