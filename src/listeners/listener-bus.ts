import { checkOptionNames, invalidOption } from "../errors/checks/check-options.ts";
import { notify } from "../errors/user-code/notify.ts";
import type { JobLog } from "../runtime/log/job-log.ts";
import type { StreamingListener } from "./streaming-listener.ts";

type EventName = keyof StreamingListener;
const events: Readonly<Record<EventName, true>> = {
  onStreamingStarted: true,
  onStreamingFailed: true,
  onBatchSubmitted: true,
  onBatchStarted: true,
  onBatchCompleted: true,
  onBatchRetried: true,
  onBatchDropped: true,
  onBatchStalled: true,
  onStallEnded: true,
  onOutputOperationStarted: true,
  onOutputOperationCompleted: true,
  onReceiverStarted: true,
  onReceiverError: true,
  onReceiverStopped: true,
};
const eventNames = Object.keys(events);
type EventOf<N extends EventName> = Parameters<NonNullable<StreamingListener[N]>>[0];

/** Something that happened, as a listener's method of that name hears it. */
export type ListenerEvent = {
  readonly [N in EventName]: { readonly event: N; readonly payload: EventOf<N> };
}[EventName];

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(events, name);
}

/** A listener that hears of everything by one function. */
export function listenerToAll(tell: (event: ListenerEvent) => void): StreamingListener {
  const methods = eventNames.map((event) => [event, (payload: unknown) => tell({ event, payload } as ListenerEvent)]);
  return Object.fromEntries(methods) as StreamingListener;
}

/** Lets one listener hear of something. */
export function tellListener(listener: StreamingListener, { event, payload }: ListenerEvent): void {
  (listener[event] as ((payload: unknown) => unknown) | undefined)?.call(listener, payload);
}

/** Tells listeners what happens, in the order in which it happens. */
export class ListenerBus {
  readonly #listeners = new Set<StreamingListener>();
  readonly #log: JobLog;
  #isCalling = false;

  constructor(log: JobLog) {
    this.#log = log;
  }

  /** @throws INVALID_OPTION for what is no object; UNKNOWN_OPTION for a method `on…` that nobody would call. */
  add(listener: StreamingListener): void {
    if (typeof listener !== "object" || listener === null) throw invalidOption("a listener", listener, "an object");
    const handlers = Object.entries(listener).filter(([name]) => /^on[A-Z]/.test(name));
    checkOptionNames("a listener", Object.fromEntries(handlers), eventNames);
    for (const [name, handler] of handlers) {
      const isCallable = handler === undefined || typeof handler === "function";
      if (!isCallable) throw invalidOption(`a listener's ${name}`, handler, "a function");
    }
    this.#listeners.add(listener);
  }

  remove(listener: StreamingListener): void {
    this.#listeners.delete(listener);
  }

  /** Whether a listener is being called right now: it may not stop the context. */
  get isCalling(): boolean {
    return this.#isCalling;
  }

  emit<N extends EventName>(name: N, event: EventOf<N>): void {
    this.#isCalling = true;
    try {
      for (const listener of this.#listeners) this.#call(listener, name, event);
    } finally {
      this.#isCalling = false;
    }
  }

  #call<N extends EventName>(listener: StreamingListener, name: N, event: EventOf<N>): void {
    const warn = (text: string): void => this.#log.warn("LISTENER_FAILED", text);
    notify(`${name} of a StreamingListener`, warn, () =>
      (listener[name] as ((event: EventOf<N>) => unknown) | undefined)?.call(listener, event),
    );
  }
}
