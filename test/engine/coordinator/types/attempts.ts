import {createHash} from 'node:crypto';
import type {CheckpointRow, WorkloadRow} from '../../../../src/engine/coordinator/store/store.ts';
import type {Attempt, AttemptListener} from '../../../../src/engine/coordinator/types/workload-type.ts';
import type {Workload} from '../../../../src/engine/spec/workload.ts';

export const workloadId = '0190a1b2-1234-7abc-8def-0123456789ab';

export const aWorkload = (parts: Partial<Workload> = {}): Workload => ({
  name: 'report',
  type: 'container',
  with: {},
  labels: {},
  resources: {},
  priority: 50,
  preemptible: true,
  placement: {require: {}, prefer: [], avoid: [], beside: []},
  retries: {max: 0, backoff: {initialMs: 1000, factor: 2, maxMs: 60_000, jitter: false}},
  after: [],
  onLost: 'reschedule',
  inputs: {files: []},
  outputs: {files: []},
  ...parts,
});

export const aRow = (workload: Workload, parts: Partial<WorkloadRow> = {}): WorkloadRow => ({
  id: workloadId,
  customer: 'default',
  seq: 1,
  state: 'SCHEDULED',
  workload,
  inputs: {},
  acceptedAt: 0,
  changedAt: 0,
  attempt: 1,
  outputs: {},
  waitsFor: [],
  ...parts,
});

/** What an attempt told, in order. */
export interface Told extends AttemptListener {
  readonly said: readonly (readonly unknown[])[];
}

export function listening(): Told {
  const said: unknown[][] = [];
  return {
    said,
    started: () => void said.push(['started']),
    progress: percent => void said.push(['progress', percent]),
    restored: number => void said.push(['restored', number]),
    corrupt: (number, reason) => void said.push(['corrupt', number, reason]),
    checkpointed: taken => void said.push(['checkpointed', taken]),
    notKept: error => void said.push(['notKept', (error as Error).message]),
  };
}

export const anAttempt = <C>(config: C, parts: Partial<Attempt<C>> = {}): Attempt<C> & {readonly report: Told} => ({
  workload: aRow(aWorkload()),
  attempt: 1,
  lease: 'lease',
  config,
  checkpoints: [],
  signal: new AbortController().signal,
  ...parts,
  report: (parts.report as Told) ?? listening(),
});

/** Blobs in memory, as stores keep them. */
export function blobs() {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    file: async () => undefined,
    putBlob: async (content: Uint8Array) => {
      const sha256 = createHash('sha256').update(content).digest('hex');
      kept.set(sha256, content);
      return sha256;
    },
    blob: async (sha256: string) => kept.get(sha256),
  };
}

export const checkpointRow = (
  number: number,
  kept: Pick<CheckpointRow, 'size' | 'sha256' | 'place'>,
): CheckpointRow => ({workload: workloadId, number, attempt: 1, takenAt: 0, why: 'manual', ...kept});
