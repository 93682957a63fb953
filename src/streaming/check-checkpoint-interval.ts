import { invalidOption } from "../errors/check-options.ts";
import type { Duration } from "./duration.ts";

/** @throws INVALID_OPTION when an interval is not a positive multiple of the slide. */
export function checkCheckpointInterval(interval: Duration, slide: Duration): void {
  if (typeof interval === "number" && interval > 0 && interval % slide === 0) return;
  throw invalidOption("the checkpoint interval", interval, `a multiple of the stream's slide, ${slide} ms`);
}
