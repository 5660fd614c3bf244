/** Milliseconds. */
export interface LeaseTimes {
  /** A lease that was not renewed for so long may be taken by another. */
  readonly ttlMs: number;
  readonly renewMs: number;
  /** How often one who waits asks again. */
  readonly pollMs: number;
}

export const leaseTimes: LeaseTimes = {ttlMs: 15_000, renewMs: 4_000, pollMs: 200};
