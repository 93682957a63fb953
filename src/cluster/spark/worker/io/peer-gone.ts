/** The other end closed the connection: Spark cancelled the task, has enough rows, or needs the worker no longer. */
export class PeerGone extends Error {
  override readonly name = "PeerGone";

  constructor(cause?: unknown) {
    super("Spark closed the connection", { cause });
  }
}
