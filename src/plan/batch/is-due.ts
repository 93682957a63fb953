/** Whether a stream with this slide has an RDD at a batch time: at its multiples, counted from where the job began. */
export function isDue({ slideMs }: { readonly slideMs: number }, time: number, zeroTime: number): boolean {
  return (time - zeroTime) % slideMs === 0;
}
