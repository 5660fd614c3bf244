import {randomFillSync} from 'node:crypto';

const pool = new Uint8Array(4096);
let used = pool.length;

/** So many random bytes, a few dozen at most. The system is asked for some thousand at once: asking costs more than they do. */
export function randomAhead(count: number): Uint8Array {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return pool.slice(used - count, used);
}
