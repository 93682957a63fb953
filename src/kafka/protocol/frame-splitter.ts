// Kafka frames are a 4-byte length and that many bytes. A frame that lies in one chunk is handed out as a view of it; one
// that spans chunks gets a buffer of its own, allocated once, after its length was compared with the limit.
import { DStreamError } from "../../errors/dstream-error.ts";

/** The default limit: Kafka's own `socket.request.max.bytes`. */
export const defaultMaxFrameBytes = 100 * 1024 * 1024;

/** Turns the chunks of one socket into whole frames. */
export class FrameSplitter {
  private readonly onFrame: (frame: Buffer) => void;
  private readonly maxFrameBytes: number;
  private readonly header = Buffer.alloc(4);
  private headerBytes = 0;
  private frame: Buffer | undefined;
  private frameBytes = 0;

  /** `onFrame` gets each frame without its length. Frames above `maxFrameBytes` (default 100 MiB) are refused. */
  constructor(onFrame: (frame: Buffer) => void, maxFrameBytes: number = defaultMaxFrameBytes) {
    this.onFrame = onFrame;
    this.maxFrameBytes = maxFrameBytes;
  }

  /**
   * Takes the next chunk; calls `onFrame` for each frame that it completes.
   * @throws FRAME_TOO_LARGE for a negative length or one above the limit; the connection is of no use afterwards.
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.frame === undefined) {
        at = this.startFrame(chunk, at);
        continue;
      }
      const part = chunk.subarray(at, at + this.frame.length - this.frameBytes);
      part.copy(this.frame, this.frameBytes);
      this.frameBytes += part.length;
      at += part.length;
      if (this.frameBytes === this.frame.length) this.emit(this.frame);
    }
  }

  /** Reads the length, if it is all there, and either emits the whole frame or allocates it. Returns the next position. */
  private startFrame(chunk: Buffer, start: number): number {
    let at = start;
    while (this.headerBytes < 4 && at < chunk.length) this.header[this.headerBytes++] = chunk[at++] as number;
    if (this.headerBytes < 4) return at;
    const length = this.header.readInt32BE(0);
    if (length < 0 || length > this.maxFrameBytes) {
      throw new DStreamError(
        "FRAME_TOO_LARGE",
        `the peer announced a frame of ${length} bytes, the limit is ${this.maxFrameBytes}; is it a Kafka peer, without TLS?`,
        { data: { bytes: length, limit: this.maxFrameBytes } },
      );
    }
    if (at + length <= chunk.length) {
      this.emit(chunk.subarray(at, at + length));
      return at + length;
    }
    this.frame = Buffer.allocUnsafeSlow(length);
    return at;
  }

  private emit(frame: Buffer): void {
    this.frame = undefined;
    this.frameBytes = 0;
    this.headerBytes = 0;
    this.onFrame(frame);
  }
}
