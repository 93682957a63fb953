/**
 * A port between threads or processes is not the engine's alone: `node --watch` reports by it which modules were loaded, and code of
 * the program may send what it likes. The engine's own messages stand in an envelope; all others are passed over.
 */
export interface Envelope<M> {
  readonly dstream: M;
}

export function wrap<M>(message: M): Envelope<M> {
  return { dstream: message };
}

/** What a port brought, where it is the engine's. */
export function unwrap<M>(received: unknown): M | undefined {
  return (received as Partial<Envelope<M>> | null | undefined)?.dstream;
}
