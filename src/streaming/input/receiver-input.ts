import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import type { Receiver } from "../../sources/receivers/receiver.ts";
import { controlledRate, type InputHome } from "./input-home.ts";

/** The stream of what a receiver stores, by the name of its operator. */
export function receiverInput<T>(home: InputHome, operator: string, receiver: Receiver<T>): SourceNode {
  const { batchInterval, clock, fromConf, runtime } = home.options;
  const { receiverMaxRate = Number.POSITIVE_INFINITY, blockInterval } = fromConf;
  return home.job.addSource(operator, { kind: "rows" }, async (nodeId, streamId) => {
    const { ReceiverSource } = await import("../../sources/receivers/receiver-source.ts");
    const controlled = controlledRate(home, streamId);
    const rate = (): number | undefined => {
      const most = Math.min(controlled() ?? Number.POSITIVE_INFINITY, receiverMaxRate);
      return most === Number.POSITIVE_INFINITY ? undefined : most;
    };
    const bus = home.listeners;
    const { log, timers } = runtime;
    return new ReceiverSource(nodeId, receiver, {
      streamId,
      clock,
      bus,
      batchInterval,
      rate,
      blockInterval,
      log,
      timers,
    });
  });
}
