import { systemClock } from "../../runtime/clock.ts";
import type { Receiver } from "../../sources/receivers/receiver.ts";
import { ReceiverSource } from "../../sources/receivers/receiver-source.ts";
import type { StreamingContext } from "../context/streaming-context.ts";
import type { StreamOf } from "../types.ts";
import { controlledRate } from "./controlled-rate.ts";

/** The stream of what a receiver stores, by the name of its operator. */
export function receiverInput<T>(ssc: StreamingContext, operator: string, receiver: Receiver<T>): StreamOf<T> {
  const { batchInterval, clock = systemClock, fromConf } = ssc.options;
  const { receiverMaxRate = Number.POSITIVE_INFINITY, blockInterval } = fromConf;
  const node = ssc.job.addSource(operator, { kind: "rows" }, (nodeId, streamId) => {
    const controlled = controlledRate(ssc, streamId);
    const rate = (): number | undefined => {
      const most = Math.min(controlled() ?? Number.POSITIVE_INFINITY, receiverMaxRate);
      return most === Number.POSITIVE_INFINITY ? undefined : most;
    };
    const bus = ssc.listeners;
    return new ReceiverSource(nodeId, receiver, { streamId, clock, bus, batchInterval, rate, blockInterval });
  });
  return ssc.stream(node) as StreamOf<T>;
}
