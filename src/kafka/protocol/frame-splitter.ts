// Kafka frames are a 4-byte length and that many bytes. Each gets memory of its own, allocated once, after its length was compared
// with the limit. A socket that reads into memory given by its user asks for `space`: once the length of a large frame is known,
// its bytes come from the kernel to where they stay, without a copy in between.
import { DStreamError } from "../../errors/dstream-error.ts";

/** The default limit: Kafka's own `socket.request.max.bytes`. */
export const defaultMaxFrameBytes = 100 * 1024 * 1024;

/** What is read at once while no frame has begun: many small frames, or the length and the first bytes of a large one. */
const betweenFramesBytes = 16 * 1024;

/** Turns the bytes of one socket into whole frames, either from `push` alone or from `space` and `filled` in turns. */
export class FrameSplitter {
  private readonly onFrame: (frame: Buffer) => void;
  private readonly maxFrameBytes: number;
  private readonly allocate: (bytes: number) => Buffer;
  private readonly header = Buffer.alloc(4);
  private headerBytes = 0;
  private frame: Buffer | undefined;
  private frameBytes = 0;
  private betweenFrames: Buffer | undefined;

  /**
   * `onFrame` gets each frame without its length. Frames above `maxFrameBytes` (default 100 MiB) are refused. `allocate` gives the
   * memory of the next frame, exactly as many bytes as are asked for.
   */
  constructor(
    onFrame: (frame: Buffer) => void,
    maxFrameBytes: number = defaultMaxFrameBytes,
    allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow,
  ) {
    this.onFrame = onFrame;
    this.maxFrameBytes = maxFrameBytes;
    this.allocate = allocate;
  }

  /** Where the next bytes of the socket belong; as many as there are, up to its length. */
  space(): Buffer {
    if (this.frame !== undefined) return this.frame.subarray(this.frameBytes);
    this.betweenFrames ??= Buffer.allocUnsafeSlow(betweenFramesBytes);
    return this.betweenFrames;
  }

  /**
   * So many bytes were written to what `space` returned last; calls `onFrame` for each frame that they complete.
   * @throws FRAME_TOO_LARGE as `push` does.
   */
  filled(bytes: number): void {
    if (this.frame === undefined) this.push((this.betweenFrames as Buffer).subarray(0, bytes));
    else this.grow(this.frame, bytes);
  }

  /**
   * Takes the next chunk, of which nothing is kept; calls `onFrame` for each frame that it completes.
   * @throws FRAME_TOO_LARGE for a negative length or one above the limit; the connection is of no use afterwards.
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.frame === undefined) {
        at = this.startFrame(chunk, at);
      } else {
        const copied = chunk.copy(this.frame, this.frameBytes, at);
        at += copied;
        this.grow(this.frame, copied);
      }
    }
  }

  /** Reads the length and, once it is all there, allocates the frame. Returns the next position. */
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
    this.headerBytes = 0;
    this.frameBytes = 0;
    this.frame = this.allocate(length);
    this.grow(this.frame, 0);
    return at;
  }

  private grow(frame: Buffer, bytes: number): void {
    this.frameBytes += bytes;
    if (this.frameBytes < frame.length) return;
    this.frame = undefined;
    this.onFrame(frame);
  }
}
