import type {WorkloadState} from '../workload-states.ts';
import type {
  ApiKeyRow,
  AttemptRow,
  CheckpointRow,
  CustomerRow,
  EventRow,
  ScheduleRow,
  ScheduleVersion,
  WorkerRow,
  WorkloadRow,
} from './store.ts';
import {workloadIn} from './workload-text.ts';

/** A row as a database gives it: null for what is not there. */
export type Raw = Readonly<Record<string, unknown>>;

export const workloadOf = (raw: Raw): WorkloadRow =>
  given({
    id: raw.id,
    customer: raw.customer,
    seq: raw.seq,
    state: raw.state,
    workload: workloadIn(raw.spec as string),
    inputs: json(raw.inputs) ?? {},
    acceptedAt: raw.accepted_at,
    startedAt: raw.started_at,
    endedAt: raw.ended_at,
    changedAt: raw.changed_at,
    attempt: raw.attempt,
    lease: raw.lease,
    worker: raw.worker,
    notBefore: raw.not_before,
    wanted: raw.wanted,
    reason: raw.reason,
    exitCode: raw.exit_code,
    result: json(raw.result),
    outputs: json(raw.outputs) ?? {},
    progress: raw.progress,
    waitsFor: json(raw.waits_for) ?? [],
    idempotencyKey: raw.idempotency_key,
    schedule: raw.schedule,
    batch: raw.batch,
    request: raw.request,
    traceparent: raw.traceparent,
  });

export const attemptOf = (raw: Raw): AttemptRow =>
  given({
    workload: raw.workload,
    attempt: raw.attempt,
    lease: raw.lease,
    worker: raw.worker,
    state: raw.state,
    reason: raw.reason,
    placedAt: raw.placed_at,
    startedAt: raw.started_at,
    endedAt: raw.ended_at,
    exitCode: raw.exit_code,
    outcome: raw.outcome,
    restoredFrom: raw.restored_from,
  });

export const eventOf = (raw: Raw): EventRow =>
  given({
    seq: raw.seq,
    at: raw.at,
    type: raw.type,
    customer: raw.customer,
    workload: raw.workload,
    actor: given({name: raw.actor, request: raw.request}),
    from: raw.from_state as WorkloadState,
    to: raw.to_state as WorkloadState,
    attempt: raw.attempt,
    data: json(raw.data) ?? {},
  });

export const workerOf = (raw: Raw): WorkerRow =>
  given({
    name: raw.name,
    kind: raw.kind,
    region: raw.region,
    labels: json(raw.labels) ?? {},
    capacity: {cpu: raw.cpu, memory: raw.memory, gpu: raw.gpu, disk: raw.disk},
    drained: Boolean(raw.drained),
    stopping: raw.stopping ? true : undefined,
    seenAt: raw.seen_at,
    unusable: raw.unusable,
  });

export const checkpointOf = (raw: Raw): CheckpointRow =>
  given({
    workload: raw.workload,
    number: raw.number,
    attempt: raw.attempt,
    takenAt: raw.taken_at,
    size: raw.size,
    sha256: raw.sha256,
    progress: raw.progress,
    why: raw.why,
    place: json(raw.place),
    corrupt: raw.corrupt,
    aside: raw.aside ? true : undefined,
  });

export const scheduleOf = (raw: Raw): ScheduleRow => {
  const versions = json(raw.versions) as readonly ScheduleVersion[] | undefined;
  return given({
    id: raw.id,
    customer: raw.customer,
    workload: json(raw.spec),
    rule: json(raw.rule),
    inputs: versions?.[0]?.inputs ?? json(raw.inputs) ?? {},
    versions,
    suspended: Boolean(raw.suspended),
    createdAt: raw.created_at,
    firedUntil: raw.fired_until,
  });
};

export const customerRowOf = (raw: Raw): CustomerRow =>
  given({
    id: raw.id,
    name: raw.name,
    tier: raw.tier,
    limits: json(raw.limits) ?? {},
    suspended: Boolean(raw.suspended),
    createdAt: raw.created_at,
    used: raw.used,
    usedAt: raw.used_at,
  });

export const keyOf = (raw: Raw): ApiKeyRow =>
  given({
    id: raw.id,
    prefix: raw.prefix,
    hash: raw.hash,
    customer: raw.customer,
    role: raw.role,
    scopes: json(raw.scopes),
    note: raw.note,
    expiresAt: raw.expires_at,
    createdAt: raw.created_at,
    revokedAt: raw.revoked_at,
  });

/** Without what is null or undefined. */
export function given<T>(value: Readonly<Record<string, unknown>>): T {
  const kept: Record<string, unknown> = {};
  for (const key in value) if (value[key] !== null && value[key] !== undefined) kept[key] = value[key];
  return kept as T;
}

export const json = (text: unknown): unknown => (typeof text === 'string' ? JSON.parse(text) : undefined);

/** What is empty is not written. */
export const textOf = (value: object | undefined): string | undefined =>
  value === undefined || Object.keys(value).length === 0 ? undefined : JSON.stringify(value);
