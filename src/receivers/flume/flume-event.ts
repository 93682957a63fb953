/** An event of Flume's. */
export interface FlumeEvent {
  /** What is no UTF-8 in them is U+FFFD here, as in Java. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
