import {structOf} from '../../../src/engine/grpc/wire/well-known.ts';

/** Ids of what a customer has, of which calls tell. */
export interface OwnThings {
  readonly workload: string;
  readonly schedule: string;
  readonly bundle: string;
  readonly environment: string;
  readonly file: string;
}

/** A call of `acme`'s own things. */
export function requestOf(method: string, ids: OwnThings): object {
  const workload = structOf({name: 'more', type: 'sleep', with: {ms: 1}});
  const requests: Record<string, object> = {
    SubmitWorkload: {workload},
    SubmitBatch: {workloads: [{workload}]},
    SubmitSplit: {variants: ['1', '2'].map(version => ({submission: {workload: versioned(version)}, weight: 1}))},
    TryPlacement: {workloads: [{workload}]},
    CompareVersions: {name: 'secret-plan'},
    WorkloadFigures: {},
    PutFile: {content: Buffer.from('a file')},
    JoinFile: {sha256: ids.file, parts: [ids.file]},
    MissingFiles: {files: [ids.file]},
    CancelBatch: {ids: [ids.workload]},
    ListWorkloads: {},
    GetOutput: {id: ids.workload, path: '/out/report'},
    StreamLogs: {id: ids.workload},
    // From the beginning: there is something to see at once.
    WatchEvents: {after: 0},
    GetCheckpoint: {id: ids.workload, number: 1},
    PutSchedule: {workload: structOf({name: 'more', type: 'sleep', with: {ms: 1}, schedule: {cron: '0 3 * * *'}})},
    ListSchedules: {},
    PlanChange: {id: ids.environment, scale: {counts: {web: 2}}},
    ListReplicas: {id: ids.environment},
    ListCustomers: {},
    GetCustomer: {id: 'acme'},
    PutCustomer: {id: 'acme', name: 'acme', tier: 'premium'},
    RemoveCustomer: {id: 'gone'},
    ListKeys: {},
    CreateKey: {role: 'viewer'},
    RotateKey: {id: 'gone'},
    RevokeKey: {id: 'gone'},
    GetSettings: {},
    WhoAmI: {},
    PutSplitSchedule: {
      variants: ['1', '2'].map(version => ({
        submission: {
          workload: structOf({name: 'more', version, type: 'sleep', with: {ms: 1}, schedule: {cron: '0 3 * * *'}}),
        },
        weight: 1,
      })),
    },
    UpdateEnvironment: {id: ids.environment, bundle: ids.bundle},
    ReloadSettings: {},
    ReadAudit: {},
    ReadUsage: {},
    ReadTrends: {},
    ReadCosts: {},
    ReadUtilisation: {},
    ListWorkers: {},
    PutBundle: {content: Buffer.from('no tar')},
    PlanEnvironment: {bundle: ids.bundle},
    ApplyEnvironment: {bundle: ids.bundle},
    ListEnvironments: {},
    ScaleEnvironment: {id: ids.environment, counts: {web: 2}},
    SetHealing: {id: ids.environment, healing: 'paused'},
    GetChange: {id: ids.environment, number: 1},
    WatchChange: {id: ids.environment, number: 1},
    ReadHistory: {id: ids.environment},
    ListChanges: {id: ids.environment},
    StreamReplicaLogs: {id: ids.environment},
  };
  if (requests[method]) return requests[method];
  if (/Worker$/.test(method)) return {name: 'h1'};
  if (/(?:Environment|Releases?|Services)$/.test(method)) return {id: ids.environment};
  return {id: /Schedule$/.test(method) ? ids.schedule : ids.workload};
}

const versioned = (version: string) => structOf({name: 'more', version, type: 'sleep', with: {ms: 1}});
