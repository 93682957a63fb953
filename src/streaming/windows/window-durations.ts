import { shown } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { type Duration, hasWholeSlides } from "../duration.ts";

export interface WindowDurations {
  readonly windowMs: number;
  readonly slideMs: number;
}

/** The durations of an operator's window; the slide is by default its parent's. @throws INVALID_WINDOW */
export function windowDurations(
  operator: string,
  parentSlide: Duration,
  window: Duration,
  slide: Duration = parentSlide,
): WindowDurations {
  for (const [what, seen] of Object.entries({ window, slide })) {
    if (hasWholeSlides(seen, parentSlide)) continue;
    const text = `${operator}'s ${what} must be a multiple of the stream's slide, ${parentSlide} ms, not ${shown(seen)}${typeof seen === "number" ? " ms" : ""}`;
    throw new DStreamError("INVALID_WINDOW", text, {
      data: { what, seen: typeof seen === "number" ? seen : shown(seen), parentSlide },
    });
  }
  return { windowMs: window, slideMs: slide };
}
