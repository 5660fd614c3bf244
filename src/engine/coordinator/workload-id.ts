import type {WorkloadId} from './store/store.ts';

/**
 * UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, version, 74 random bits. Ids that were
 * made later sort later, but for those of one millisecond.
 */
export function workloadId(nowMs: number, random: Uint8Array): WorkloadId {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
