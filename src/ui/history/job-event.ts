import type { BatchInfo, BatchStall, ReceiverInfo, StreamingListener } from "../../listeners/streaming-listener.ts";
import { type BatchStatus, type BatchView, batchView } from "./batch-view.ts";

/** Something that happened to a job, as JSON: a line of an event log. Times are epoch ms. */
export type JobEvent =
  | { readonly event: "batch"; readonly batch: BatchView }
  | { readonly event: "retry"; readonly batchTime: number; readonly attempt: number; readonly reason: string }
  | { readonly event: "receiver"; readonly receiver: ReceiverInfo }
  | { readonly event: "stall"; readonly stall: BatchStall }
  | { readonly event: "end"; readonly time: number; readonly failureReason?: string };

/** Makes events of what listeners hear. */
export class JobEvents implements StreamingListener {
  readonly #inputNames: readonly string[];
  readonly #tell: (event: JobEvent) => void;

  /** `inputNames` by stream id. */
  constructor(inputNames: readonly string[], tell: (event: JobEvent) => void) {
    this.#inputNames = inputNames;
    this.#tell = tell;
  }

  onBatchSubmitted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    this.#batch(batchInfo, "waiting");
  }

  onBatchStarted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    this.#batch(batchInfo, "running");
  }

  onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    this.#batch(batchInfo, batchInfo.failureReason === undefined ? "completed" : "failed");
  }

  onBatchRetried(retry: { readonly batchTime: number; readonly attempt: number; readonly reason: string }): void {
    this.#tell({ event: "retry", ...retry });
  }

  onBatchStalled({ stall }: { readonly stall: BatchStall }): void {
    this.#tell({ event: "stall", stall });
  }

  onReceiverStarted({ receiverInfo: receiver }: { readonly receiverInfo: ReceiverInfo }): void {
    this.#tell({ event: "receiver", receiver });
  }

  onReceiverError(event: { readonly receiverInfo: ReceiverInfo }): void {
    this.onReceiverStarted(event);
  }

  onReceiverStopped(event: { readonly receiverInfo: ReceiverInfo }): void {
    this.onReceiverStarted(event);
  }

  #batch(info: BatchInfo, status: BatchStatus): void {
    this.#tell({ event: "batch", batch: batchView(info, status, this.#inputNames) });
  }
}
