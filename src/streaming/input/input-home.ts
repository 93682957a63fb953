import type { ListenerBus } from "../../listeners/listener-bus.ts";
import { RateController } from "../../sources/rate/rate-controller.ts";
import type { JobBuilder } from "../context/job-builder.ts";
import type { EffectiveOptions } from "../context/spark-conf/effective-options.ts";

/** What an input stream needs of its context. */
export interface InputHome {
  readonly job: JobBuilder;
  readonly options: EffectiveOptions;
  readonly listeners: ListenerBus;
}

/** Records a second that a source may give to its next batch, as `backpressure` has it; undefined: as many as there are. */
export function controlledRate({ options, listeners }: InputHome, streamId: number): () => number | undefined {
  if (options.backpressure === undefined) return () => undefined;
  const controller = new RateController(streamId, options.backpressure, options.batchInterval);
  listeners.add(controller);
  return () => controller.rate;
}
