import type {ContainerOperation, Operation, Plan} from '../../../src/engine/planner/plan.ts';

const base = {changes: [], after: [], reason: ''};

/** A container operation with what its view reads. */
export const container = (parts: Partial<ContainerOperation>): ContainerOperation => ({
  ...base,
  id: 'container',
  kind: 'container',
  action: 'create',
  how: 'create',
  order: 'start-first',
  host: 'h1',
  previous: [],
  ...parts,
});

const image = (host: string): Operation => ({
  ...base,
  id: `image/${host}`,
  kind: 'image',
  action: 'create',
  service: 'backend',
  host,
  label: 'shop/backend:1.4',
  source: {kind: 'reference', reference: 'shop/backend:1.4'},
  reason: 'not on the host',
  bytes: 65_011_712,
});

export const emptyPlan: Plan = {
  version: 1,
  project: 'shop',
  stack: 'shop',
  environment: 'staging',
  purpose: 'apply',
  serial: 4,
  fingerprint: 'f',
  operations: [],
  placements: [],
  drift: [],
  interruption: [],
  bytes: 0,
  summary: {create: 0, update: 0, replace: 0, delete: 0},
  warnings: [],
  subnets: {},
};

/** One of everything. */
export const samplePlan: Plan = {
  ...emptyPlan,
  operations: [
    {...base, id: 'host/h1', kind: 'host', action: 'create', host: 'h1', reason: 'not installed'},
    {...base, id: 'host/h2', kind: 'host', action: 'create', host: 'h2', reason: 'not installed'},
    {
      ...base,
      id: 'v',
      kind: 'volume',
      action: 'create',
      service: 'db',
      host: 'h1',
      volume: 'db-data',
      path: '/v',
      reason: 'new',
    },
    image('h1'),
    image('h2'),
    container({
      id: 'backend/1',
      action: 'replace',
      how: 'replace',
      service: 'backend',
      replica: 1,
      reason: 'image changed',
      previous: [{host: 'h3', id: 'x'}],
      changes: [
        {path: 'image', from: 'shop/backend:1.3', to: 'shop/backend:1.4', forces: true},
        {
          path: 'env.DATABASE_URL',
          from: 'postgres://app:${secret:db_password}@db:5432/app',
          to: 'postgres://app:${secret:db_password}@db:5432/app?sslmode=disable',
          forces: true,
        },
        {path: 'secrets.db_password', from: 'hash-one', to: 'hash-two', forces: true},
        {path: 'resources.memory', from: 268_435_456, to: 536_870_912, forces: true},
        {path: 'env.GREETING', to: 'Žaliuokim 你好 👩‍👩‍👧', forces: true},
        {path: 'env.OLD', from: 'x', forces: true},
        {path: 'health.intervalMs', from: 1000, to: 90_000, forces: false},
      ],
    }),
    container({id: 'backend/2', service: 'backend', replica: 2, host: 'h2', reason: 'new replica'}),
    container({id: 'backend/3', service: 'backend', replica: 3, host: 'h1', reason: 'new replica'}),
    container({
      id: 'old/1',
      action: 'delete',
      how: 'delete',
      service: 'old',
      replica: 1,
      host: 'h3',
      reason: 'no longer in the stack',
    }),
    {...base, id: 'names/h1', kind: 'names', action: 'update', host: 'h1', reason: 'replicas of backend changed'},
  ],
  placements: [
    {service: 'backend', replica: 1, host: 'h1', because: 'spread over host', rejected: []},
    {
      service: 'backend',
      replica: 2,
      host: 'h2',
      because: 'spread over host',
      rejected: [{host: 'h3', reason: 'needs disk=ssd, has disk=hdd'}],
    },
    {
      service: 'backend',
      replica: 3,
      host: 'h1',
      because: 'spread over host',
      rejected: [{host: 'h3', reason: 'needs disk=ssd, has disk=hdd'}],
    },
  ],
  drift: [{service: 'backend', replica: 1, host: 'h3', what: 'stopped'}],
  interruption: [
    {service: 'db', expectedMs: 12_000, atMostMs: 12_000, because: 'its volume allows one replica at a time'},
  ],
  bytes: 130_023_424,
  summary: {create: 5, update: 1, replace: 1, delete: 1},
  warnings: ['host h4 does not answer and was left out'],
};
