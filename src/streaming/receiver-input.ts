import type { Receiver } from "../driver/receivers/receiver.ts";
import { ReceiverSource } from "../driver/receivers/receiver-source.ts";
import { systemClock } from "../runtime/clock.ts";
import { controlledRate } from "./controlled-rate.ts";
import type { StreamingContext } from "./streaming-context.ts";
import type { StreamOf } from "./types.ts";

/** The stream of what a receiver stores, by the name of its operator. */
export function receiverInput<T>(ssc: StreamingContext, operator: string, receiver: Receiver<T>): StreamOf<T> {
  const { batchInterval, clock = systemClock } = ssc.options;
  const node = ssc.job.addSource(operator, { kind: "rows" }, (nodeId, streamId) => {
    const rate = controlledRate(ssc, streamId);
    return new ReceiverSource(nodeId, receiver, { streamId, clock, bus: ssc.listeners, batchInterval, rate });
  });
  return ssc.stream(node) as StreamOf<T>;
}
