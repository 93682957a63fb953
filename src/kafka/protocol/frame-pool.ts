// Memory for large frames, used again. What it saves is not so much the allocation: memory outside of the heap makes the garbage
// collector run a full cycle for every few frames, and fresh pages have to be mapped. Reading at full speed takes a third less CPU
// time with it.

/** Smaller frames are not worth the bookkeeping. */
const pooledFromBytes = 64 * 1024;
/** Sizes are rounded up, so that frames of about the same size fit into each other's memory. */
const roundedToBytes = 256 * 1024;
const defaultMaxFreeBytes = 32 * 1024 * 1024;

/** Lends memory for frames; what is not given back is left to the garbage collector. */
export class FramePool {
  readonly #maxFreeBytes: number;
  readonly #own = new WeakSet<ArrayBufferLike>();
  /** Ascending by size. */
  readonly #free: Buffer[] = [];
  #freeBytes = 0;

  /** It holds on to `maxFreeBytes` (default 32 MiB) that nobody uses, at most. */
  constructor(maxFreeBytes: number = defaultMaxFreeBytes) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** Memory of `bytes` bytes, with anything in it. */
  take(bytes: number): Buffer {
    if (bytes < pooledFromBytes) return Buffer.allocUnsafeSlow(bytes);
    const fitting = this.#free.findIndex(({ length }) => length >= bytes);
    const [found] = fitting < 0 ? [] : this.#free.splice(fitting, 1);
    if (found !== undefined) {
      this.#freeBytes -= found.length;
      return found.subarray(0, bytes);
    }
    const fresh = Buffer.allocUnsafeSlow(Math.ceil(bytes / roundedToBytes) * roundedToBytes);
    this.#own.add(fresh.buffer);
    return fresh.subarray(0, bytes);
  }

  /** Nobody reads the memory behind `view` any more. Views of other memory are none of the pool's business. */
  give({ buffer }: Buffer): void {
    if (!this.#own.has(buffer) || this.#free.some((free) => free.buffer === buffer)) return;
    const whole = Buffer.from(buffer);
    if (whole.length > this.#maxFreeBytes) return;
    this.#free.push(whole);
    this.#free.sort((a, b) => a.length - b.length);
    this.#freeBytes += whole.length;
    while (this.#freeBytes > this.#maxFreeBytes) this.#freeBytes -= (this.#free.shift() as Buffer).length;
  }
}
