import type {Table} from './database.ts';

/** Times are milliseconds since 1970; what is JSON is kept as the text that was written. */
export const workloadsTable = {
  name: 'workloads',
  columns: {
    id: 'text',
    customer: 'text',
    seq: 'bigint',
    changed: 'bigint',
    state: 'text',
    name: 'text',
    version: 'text',
    labels: 'text',
    spec: 'text',
    inputs: 'text',
    batch: 'text',
    schedule: 'text',
    idempotency_key: 'text',
    content: 'text',
    accepted_at: 'bigint',
    started_at: 'bigint',
    ended_at: 'bigint',
    changed_at: 'bigint',
    attempt: 'bigint',
    lease: 'text',
    worker: 'text',
    not_before: 'bigint',
    wanted: 'text',
    reason: 'text',
    exit_code: 'bigint',
    result: 'text',
    outputs: 'text',
    progress: 'float8',
    waits_for: 'text',
    request: 'text',
    traceparent: 'text',
  },
} as const satisfies Table;

/** How many workloads of a customer are in a state; of none there may be a row, too. */
export const countsTable = {
  name: 'workload_counts',
  columns: {customer: 'text', state: 'text', count: 'bigint'},
} as const satisfies Table;

export const attemptsTable = {
  name: 'attempts',
  columns: {
    workload: 'text',
    attempt: 'bigint',
    lease: 'text',
    worker: 'text',
    state: 'text',
    reason: 'text',
    placed_at: 'bigint',
    started_at: 'bigint',
    ended_at: 'bigint',
    exit_code: 'bigint',
    outcome: 'text',
    restored_from: 'bigint',
  },
} as const satisfies Table;

/** Who waits for whom; gone when the first has ended. */
export const edgesTable = {name: 'edges', columns: {predecessor: 'text', dependant: 'text'}} as const satisfies Table;

export const checkpointsTable = {
  name: 'checkpoints',
  columns: {
    workload: 'text',
    number: 'bigint',
    attempt: 'bigint',
    taken_at: 'bigint',
    size: 'bigint',
    sha256: 'text',
    progress: 'float8',
    why: 'text',
    place: 'text',
  },
} as const satisfies Table;

/** Which blobs a bundle is made of. */
export const bundleBlobsTable = {
  name: 'bundle_blobs',
  columns: {bundle: 'text', sha256: 'text'},
} as const satisfies Table;

export const eventsTable = {
  name: 'events',
  columns: {
    seq: 'bigint',
    at: 'bigint',
    type: 'text',
    customer: 'text',
    workload: 'text',
    actor: 'text',
    request: 'text',
    from_state: 'text',
    to_state: 'text',
    attempt: 'bigint',
    data: 'text',
  },
} as const satisfies Table;

export const workersTable = {
  name: 'workers',
  columns: {
    name: 'text',
    kind: 'text',
    region: 'text',
    labels: 'text',
    cpu: 'float8',
    memory: 'bigint',
    gpu: 'float8',
    disk: 'bigint',
    drained: 'boolean',
    seen_at: 'bigint',
    unusable: 'text',
  },
} as const satisfies Table;
