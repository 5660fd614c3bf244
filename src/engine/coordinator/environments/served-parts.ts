import type {Connection} from '../../hosts/index.ts';
import type {ServerMark} from '../../runtime/fence-commands.ts';
import type {Session} from '../../session.ts';
import {OutsideError} from '../../spec/errors.ts';
import type {Host} from '../../spec/project.ts';
import type {HostName} from '../../spec/stack.ts';
import type {StateStore} from '../../state/store.ts';
import type {Clock} from '../clock.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import {type Condition, conditionOf} from '../leading/silence.ts';
import type {Log} from '../log.ts';
import type {Store} from '../store/store.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';

/** What serving stacks takes, of the coordinator that does. */
export interface ServedParts {
  readonly coordinator: string;
  readonly store: Store;
  /** The coordinator's own: how hosts are reached, its secrets and registries. */
  readonly session: Session;
  /** Those of its project by now. */
  readonly hosts: () => readonly Host[];
  readonly pool: WorkerPool;
  /** Left on hosts, and told to whoever applies past the coordinator. */
  readonly mark: () => ServerMark;
  /** Where bundles are laid out. */
  readonly folder: string;
  /** The state of a project that is served: of the coordinator's database. To be closed by who opened it. */
  readonly openState: (project: string) => Promise<StateStore>;
  readonly settings: () => CoordinatorSettings;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Something was written that listeners of events may want to hear of. */
  readonly onChange: () => void;
}

export interface HostConditions {
  /** Of each host of the project; suspect: it is soon known whether it is well or lost. */
  readonly of: ReadonlyMap<HostName, Condition>;
  readonly suspect: readonly HostName[];
  readonly lost: readonly HostName[];
}

/** Who was not heard of yet, and is not silent for long, may come any moment. */
export function hostConditions({
  pool,
  hosts,
  settings,
}: Pick<ServedParts, 'pool' | 'hosts' | 'settings'>): HostConditions {
  const of = new Map(
    hosts().map(({name}): [HostName, Condition] => {
      const worker = pool.worker(name);
      const silent = worker ? conditionOf(worker.silentMs(), settings().silence) : 'lost';
      return [name, silent === 'well' && worker?.connection() === undefined ? 'suspect' : silent];
    }),
  );
  const those = (wanted: Condition) => [...of].flatMap(([name, condition]) => (condition === wanted ? [name] : []));
  return {of, suspect: those('suspect'), lost: those('lost')};
}

/**
 * How hosts are reached for a look: over the coordinator's own connections. For a change: over new ones, which it has for
 * itself. Nobody waits for a host that is known to be silent.
 */
export const reaching =
  (parts: Pick<ServedParts, 'pool' | 'hosts' | 'settings'>, what: 'look' | 'change') =>
  (host: Host): Connection | undefined => {
    const {of} = hostConditions(parts);
    const connection = parts.pool.worker(host.name)?.connection();
    if (of.get(host.name) === 'well') return what === 'look' ? connection : undefined;
    if (of.get(host.name) === 'suspect' && connection === undefined) return undefined;
    throw silent(host.name, parts.pool.worker(host.name)?.failure());
  };

const silent = (host: HostName, failure: string | undefined): OutsideError =>
  new OutsideError({
    code: 'host-unreachable',
    message: `${host} is silent${failure === undefined ? '' : `: ${failure}`}`,
    hint: 'See whether it is up; it is asked again all the time.',
    host,
    transient: true,
  });
