import type {WorkloadId} from './store/store.ts';

/**
 * UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, version, 74 random bits. Ids that were
 * made later sort later, but for those of one millisecond.
 */
export function workloadId(nowMs: number, random: Uint8Array): WorkloadId {
  const time = nowMs.toString(16).padStart(12, '0');
  const hex = (at: number, of = random[at] ?? 0): string => HEX[of]!;
  const third = hex(0, ((random[0] ?? 0) & 0x0f) | 0x70) + hex(1);
  const fourth = hex(2, ((random[2] ?? 0) & 0x3f) | 0x80) + hex(3);
  const last = hex(4) + hex(5) + hex(6) + hex(7) + hex(8) + hex(9);
  return `${time.slice(0, 8)}-${time.slice(8)}-${third}-${fourth}-${last}`;
}

const HEX = Array.from({length: 256}, (_, byte) => byte.toString(16).padStart(2, '0'));
