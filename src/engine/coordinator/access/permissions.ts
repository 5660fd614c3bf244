import type {Role} from '../store/store.ts';

/** What is done to: the first half of a key's scope (`workloads:read`). */
const subjects = [
  'workloads',
  'checkpoints',
  'schedules',
  'environments',
  'workers',
  'customers',
  'keys',
  'audit',
  'usage',
  'settings',
] as const;
/** `self`: what everybody may ask about themselves; no scope narrows it. */
export type Subject = (typeof subjects)[number] | 'self';

export interface Permission {
  readonly subject: Subject;
  readonly write: boolean;
  readonly roles: readonly Role[];
  /** Not for a key of one customer: it is about the coordinator as a whole. */
  readonly whole: boolean;
}

const everybody: readonly Role[] = ['admin', 'operator', 'customer', 'viewer'];
const read = (subject: Subject): Permission => ({subject, write: false, roles: everybody, whole: false});
const work = (subject: Subject): Permission => ({
  subject,
  write: true,
  roles: ['admin', 'operator', 'customer'],
  whole: false,
});
const watch = (subject: Subject): Permission => ({
  subject,
  write: false,
  roles: ['admin', 'operator', 'viewer'],
  whole: true,
});
const operate = (subject: Subject): Permission => ({subject, write: true, roles: ['admin', 'operator'], whole: true});
const govern = (subject: Subject, write = true): Permission => ({subject, write, roles: ['admin'], whole: true});

/** Who may do what. Every operation of the API that asks for a key stands here, or the API does not start. */
export const permissions: Readonly<Record<string, Permission>> = {
  submitWorkload: work('workloads'),
  submitBatch: work('workloads'),
  submitSplit: work('workloads'),
  compareVersions: read('workloads'),
  tryPlacement: work('workloads'),
  cancelBatch: work('workloads'),
  listWorkloads: read('workloads'),
  getWorkload: read('workloads'),
  workloadFigures: read('workloads'),
  cancelWorkload: work('workloads'),
  pauseWorkload: work('workloads'),
  resumeWorkload: work('workloads'),
  retryWorkload: work('workloads'),
  listAttempts: read('workloads'),
  whyWorkload: read('workloads'),
  getResult: read('workloads'),
  getOutput: read('workloads'),
  readLogs: read('workloads'),
  watchEvents: read('workloads'),

  putFile: work('workloads'),
  joinFile: work('workloads'),
  missingFiles: work('workloads'),

  takeCheckpoint: work('checkpoints'),
  restoreCheckpoint: work('checkpoints'),
  listCheckpoints: read('checkpoints'),
  getCheckpoint: read('checkpoints'),

  listSchedules: read('schedules'),
  getSchedule: read('schedules'),
  putSchedule: work('schedules'),
  putSplitSchedule: work('schedules'),
  removeSchedule: work('schedules'),
  suspendSchedule: work('schedules'),
  resumeSchedule: work('schedules'),

  // What a stack may reach of hosts and secrets is for operators to decide; its owner looks at it, scales it, goes back.
  putBundle: operate('environments'),
  planEnvironment: operate('environments'),
  applyEnvironment: operate('environments'),
  updateEnvironment: operate('environments'),
  destroyEnvironment: operate('environments'),
  releaseEnvironment: operate('environments'),
  healEnvironment: operate('environments'),
  setHealing: operate('environments'),
  planChange: work('environments'),
  scaleEnvironment: work('environments'),
  rollbackEnvironment: work('environments'),
  promoteRelease: work('environments'),
  abortRelease: work('environments'),
  startServices: work('environments'),
  stopServices: work('environments'),
  restartServices: work('environments'),
  listEnvironments: read('environments'),
  getEnvironment: read('environments'),
  listChanges: read('environments'),
  getChange: read('environments'),
  readChangeEvents: read('environments'),
  readHistory: read('environments'),
  listReleases: read('environments'),
  listReplicas: read('environments'),
  readReplicaLogs: read('environments'),

  listWorkers: watch('workers'),
  drainWorker: operate('workers'),
  undrainWorker: operate('workers'),
  readMetrics: watch('workers'),

  listCustomers: watch('customers'),
  getCustomer: watch('customers'),
  putCustomer: govern('customers'),
  removeCustomer: govern('customers'),
  listKeys: govern('keys', false),
  createKey: govern('keys'),
  revokeKey: govern('keys'),
  rotateKey: govern('keys'),

  getSettings: govern('settings', false),
  reloadSettings: govern('settings'),

  whoAmI: read('self'),

  readAudit: read('audit'),
  readUsage: read('usage'),
  readTrends: read('usage'),
  readCosts: read('usage'),
  readUtilisation: watch('usage'),
};

/** Under /v1, and for everybody. */
export const openOperations: ReadonlySet<string> = new Set(['getLogin']);

export const isScope = (text: string): boolean =>
  subjects.some(subject => text === `${subject}:read` || text === `${subject}:write`);

/** Why somebody may not do it; undefined: they may. */
export function refusal(
  permission: Permission,
  who: {readonly role: Role; readonly customer?: string; readonly scopes?: readonly string[]},
): string | undefined {
  if (!permission.roles.includes(who.role)) return `the role ${who.role} may not do this`;
  if (permission.whole && who.customer !== undefined) return 'this needs a key of the whole coordinator';
  const scope = `${permission.subject}:${permission.write ? 'write' : 'read'}`;
  if (permission.subject !== 'self' && who.scopes && !who.scopes.includes(scope))
    return `the key lacks the scope ${scope}`;
  return undefined;
}
