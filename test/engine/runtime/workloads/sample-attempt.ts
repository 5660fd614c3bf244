import type {AttemptSpec} from '../../../../src/engine/runtime/workloads/attempt-spec.ts';

export const workload = '0190a1b2-1234-7abc-8def-0123456789ab';

export const sampleAttempt = (parts: Partial<AttemptSpec> = {}): AttemptSpec => ({
  workload,
  attempt: 1,
  owner: 'abcdef0123456789',
  name: 'Nightly Report',
  customer: 'acme',
  image: {name: 'docker.io/library/report:1'},
  env: {},
  mounts: [],
  ports: [],
  readOnly: false,
  capabilities: {add: [], drop: []},
  resources: {},
  stop: {signal: 'SIGTERM', graceMs: 10_000},
  inputs: [],
  restored: false,
  ...parts,
});
