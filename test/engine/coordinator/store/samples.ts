import type {Actor, Submission} from '../../../../src/engine/coordinator/store/store.ts';
import type {Workload} from '../../../../src/engine/spec/workload.ts';

/** A workload that says nothing but its name. */
export const workloadNamed = (name: string, parts: Partial<Workload> = {}): Workload => ({
  name,
  type: 'sleep',
  with: {ms: 1},
  labels: {},
  resources: {},
  priority: 50,
  preemptible: true,
  placement: {require: {}, prefer: [], avoid: [], beside: []},
  retries: {max: 0, backoff: {initialMs: 1000, factor: 2, maxMs: 60_000, jitter: true}},
  after: [],
  onLost: 'reschedule',
  inputs: {files: []},
  outputs: {files: []},
  ...parts,
});

export const ann: Actor = {name: 'key:ann', request: 'r1'};

let made = 0;
/** As long as an id of a coordinator, later ones greater. */
export const newId = (): string => `01934567-89ab-7cde-8f01-${String(++made).padStart(12, '0')}`;

export const submission = (
  name: string,
  parts: Partial<Submission> = {},
  workload: Partial<Workload> = {},
): Submission => ({
  id: newId(),
  customer: 'acme',
  workload: workloadNamed(name, workload),
  inputs: {},
  actor: ann,
  ...parts,
});
