import type { OutputOperationInfo, StreamingListener } from "../../listeners/streaming-listener.ts";

type OperationEvent = { readonly outputOperationInfo: OutputOperationInfo };

/** What is known of the output operations of the batch that runs; of its last attempt. */
export class OutputOperations implements StreamingListener {
  #byId = new Map<number, OutputOperationInfo>();

  onBatchStarted(): void {
    this.#byId = new Map();
  }

  onOutputOperationStarted({ outputOperationInfo }: OperationEvent): void {
    this.#byId.set(outputOperationInfo.id, outputOperationInfo);
  }

  onOutputOperationCompleted({ outputOperationInfo }: OperationEvent): void {
    this.#byId.set(outputOperationInfo.id, outputOperationInfo);
  }

  get byId(): ReadonlyMap<number, OutputOperationInfo> {
    return this.#byId;
  }
}
