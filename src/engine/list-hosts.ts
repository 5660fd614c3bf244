import {type HostFacts, missing} from './hosts/index.ts';
import {type LookedAt, type LookOptions, lookAtHosts} from './look-at-host.ts';
import {namedHost} from './named-host.ts';
import type {Host} from './spec/project.ts';

/** One host as `host ls` and `host inspect` show it. */
export interface HostRow {
  readonly host: string;
  /** `local` for this machine. */
  readonly address: string;
  readonly state: 'ready' | 'not prepared' | 'draining' | 'unreachable';
  /** Why it does not answer, what it lacks. */
  readonly problem?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly region?: string;
  readonly facts?: HostFacts;
  /** Containers of niyanta that run there. */
  readonly containers?: number;
}

/** Every host of the project as it is now. A host that does not answer is a row, too. */
export async function listHosts(hosts: readonly Host[], options: LookOptions): Promise<HostRow[]> {
  return (await lookAtHosts(hosts, options)).map(rowOf);
}

/** One host. Errors: UserError `unknown-host`, and those of connecting to it. */
export async function inspectHost(hosts: readonly Host[], name: string, options: LookOptions): Promise<HostRow> {
  const [looked] = await lookAtHosts([namedHost(hosts, name)], options);
  if (looked!.error) throw looked!.error;
  return rowOf(looked!);
}

function rowOf(looked: LookedAt): HostRow {
  const {host} = looked;
  const row = {
    host: host.name,
    address: host.local ? 'local' : (host.address ?? host.name),
    labels: host.labels,
    ...(host.region === undefined ? {} : {region: host.region}),
  };
  if (looked.error) return {...row, state: 'unreachable', problem: looked.error.message.replace(`${host.name}: `, '')};
  const {facts, readiness, containers} = looked;
  const problem = problemOf(looked.facts, missing(facts, readiness));
  const state = problem !== undefined ? 'not prepared' : host.drain ? 'draining' : 'ready';
  return {...row, state, ...(problem === undefined ? {} : {problem}), facts, containers};
}

function problemOf(facts: HostFacts, lacking: readonly string[]): string | undefined {
  if (lacking.length > 0) return `lacks ${lacking.join(', ')}`;
  return facts.containerd?.running ? undefined : 'containerd does not run';
}
