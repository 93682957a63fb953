import { RateController } from "../../sources/rate/rate-controller.ts";
import type { InputHome } from "./input-home.ts";

/** Records a second that a source may give to its next batch, as `backpressure` has it; undefined: as many as there are. */
export function controlledRate({ options, listeners }: InputHome, streamId: number): () => number | undefined {
  if (options.backpressure === undefined) return () => undefined;
  const controller = new RateController(streamId, options.backpressure, options.batchInterval);
  listeners.add(controller);
  return () => controller.rate;
}
