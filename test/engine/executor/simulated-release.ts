import type {JournalRecord} from '../../../src/engine/executor/journal-record.ts';
import type {RunOptions} from '../../../src/engine/executor/run-options.ts';
import {runPlan} from '../../../src/engine/executor/run-plan.ts';
import type {ReleaseNote} from '../../../src/engine/executor/run-switch.ts';
import {inversesOf} from '../../../src/engine/executor/undo-log.ts';
import type {Operation, SwitchOperation} from '../../../src/engine/planner/plan.ts';
import type {ContainerSpec} from '../../../src/engine/runtime/container-spec.ts';
import type {ProxyRoute} from '../../../src/engine/runtime/proxy/proxy-routes.ts';
import type {ReleaseMember} from '../../../src/engine/state/lock-file.ts';
import {containerOperation, planOf, presentOf, SimulatedHosts, specOf} from './simulated-hosts.ts';

export const all = ['h1', 'h2', 'h3'];

const member = ({host, id, service, replica, network}: ContainerSpec): ReleaseMember => ({
  host,
  id,
  service,
  replica,
  address: network.address,
});

const at = (spec: ContainerSpec, address: string): ContainerSpec => ({...spec, network: {...spec.network, address}});

/** web's three replicas at revision a on three hosts, each with a proxy; revision b beside them by one switch. */
export function release(more: Partial<SwitchOperation> = {}) {
  const hosts = new SimulatedHosts();
  const old = all.map((host, index) => at(specOf('web', index + 1, host, 'a'), `10.0.0.${index + 1}`));
  const fresh = all.map((host, index) => at(specOf('web', index + 1, host, 'b'), `10.0.1.${index + 1}`));
  for (const spec of old) hosts.run(spec);
  const staged = fresh.map(spec => containerOperation('create', spec, {action: 'replace', staged: true}));
  const to = fresh.map(member);
  const turn: SwitchOperation = {
    kind: 'switch',
    id: 'switch:web',
    action: 'update',
    host: 'h1',
    reason: '',
    changes: [],
    after: staged.map(({id}) => id),
    services: ['web'],
    strategy: 'blue-green',
    to,
    from: old.map(member),
    weight: 0,
    steps: [],
    stepsBefore: 0,
    sticky: false,
    promote: 'auto',
    ...more,
  };
  const operations: Operation[] = [...staged, turn];
  return {hosts, operations, old, fresh};
}

const route = {service: 'web', port: 80, path: '/', upstreams: []} as unknown as ProxyRoute;

/** Runs it with a clock that only goes on while it sleeps. */
export async function apply(
  {hosts, operations}: {readonly hosts: SimulatedHosts; readonly operations: readonly Operation[]},
  more: Partial<RunOptions> = {},
) {
  const notes: ReleaseNote[] = [];
  const journal: JournalRecord[] = [];
  let clock = 0;
  const end = await runPlan(planOf(operations), {
    actions: hosts,
    present: hosts.present(),
    inverses: inversesOf(operations, presentOf(hosts)),
    journal: {durably: async record => void journal.push(record), note: record => void journal.push(record)},
    routes: {
      standing: all.map(host => ({
        host,
        routes: {project: 'shop', stack: 'shop', environment: 'default', routes: [route]},
      })),
      splits: [],
      drainMs: {web: 1000},
    },
    releases: {note: async (_, note) => void notes.push(note), request: async () => undefined},
    clock: {
      now: () => clock,
      sleep: async ms => {
        clock += ms;
      },
    },
    onFailure: 'rollback',
    keepFailed: false,
    deployedBefore: true,
    inFlightPerHost: 4,
    mayLose: 0,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    now: () => clock,
    ...more,
  });
  return {end, notes, clock: () => clock};
}

/** The weight of each container in a host's proxy. */
export const weights = (hosts: SimulatedHosts, host: string): Record<string, number> =>
  Object.fromEntries((hosts.routes.get(host)?.routes[0]?.upstreams ?? []).map(({id, weight}) => [id, weight]));

export const newOnly = {'web-1-b': 1, 'web-2-b': 1, 'web-3-b': 1};
export const oldOnly = {'web-1-a': 1, 'web-2-a': 1, 'web-3-a': 1};
