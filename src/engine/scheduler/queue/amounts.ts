import type {WorkloadResources} from '../../spec/workload.ts';

/** What is counted on a worker, in the order in which a reader would ask. */
export const kinds = ['cpu', 'memory', 'gpu', 'disk'] as const;
export type Kind = (typeof kinds)[number];

/** Whole numbers: millionths of a core or a device, bytes. Their sums are the same in any order, and never drift. */
export type Exact = Readonly<Record<Kind, number>>;

const perUnit: Exact = {cpu: 1e6, memory: 1, gpu: 1e6, disk: 1};

export const exact = (amounts: WorkloadResources): Exact => ({
  cpu: Math.round((amounts.cpu ?? 0) * perUnit.cpu),
  memory: Math.round(amounts.memory ?? 0),
  gpu: Math.round((amounts.gpu ?? 0) * perUnit.gpu),
  disk: Math.round(amounts.disk ?? 0),
});

/** A workload that reserves no CPU is counted as using one core, so that asking for nothing is not free. */
export const coresCounted = (amounts: WorkloadResources): number => (amounts.cpu ? amounts.cpu : 1);

/** `4 CPU`, `512 MiB`, `2 GPU`, `10 GiB disk`; what is free is rounded down. */
export function amountText(kind: Kind, count: number): string {
  const amount = Math.max(0, count);
  if (kind === 'memory') return bytes(amount);
  if (kind === 'disk') return `${bytes(amount)} disk`;
  return `${Math.floor(amount / (perUnit[kind] / 100)) / 100} ${kind.toUpperCase()}`;
}

function bytes(count: number): string {
  const mebibyte = 1024 * 1024;
  if (count >= 1024 * mebibyte && count % (1024 * mebibyte) === 0) return `${count / (1024 * mebibyte)} GiB`;
  return count >= mebibyte ? `${Math.floor(count / mebibyte)} MiB` : `${count} B`;
}
