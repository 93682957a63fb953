import { invalidOption } from "../../errors/checks/check-options.ts";
import { type Duration, hasWholeSlides } from "../duration.ts";

/** @throws INVALID_OPTION when an interval is not a positive multiple of the slide. */
export function checkCheckpointInterval(interval: Duration, slide: Duration): void {
  if (hasWholeSlides(interval, slide)) return;
  throw invalidOption("the checkpoint interval", interval, `a multiple of the stream's slide, ${slide} ms`);
}
