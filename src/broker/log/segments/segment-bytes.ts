/** The batches of one segment, one behind the other. */
export interface SegmentBytes {
  /** Bytes that were appended. */
  readonly length: number;
  /** Memory that it holds. */
  readonly memoryBytes: number;
  append(batch: Buffer): void;
  /** Stays as it is, whatever is appended or deleted later. */
  read(position: number, length: number): Buffer;
  /** What was appended so far survives the machine's death. */
  sync(): void;
  /** As `sync`, beside other work. */
  flush(): Promise<void>;
  /** Nothing is appended any more. */
  seal(): void;
  close(): void;
  delete(): void;
}
