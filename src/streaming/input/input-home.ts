import type { ListenerBus } from "../../listeners/listener-bus.ts";
import type { JobBuilder } from "../context/job-builder.ts";
import type { EffectiveOptions } from "../context/spark-conf/effective-options.ts";

/** What an input stream needs of its context. */
export interface InputHome {
  readonly job: JobBuilder;
  readonly options: EffectiveOptions;
  readonly listeners: ListenerBus;
}
