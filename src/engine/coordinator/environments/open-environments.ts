import {join} from 'node:path';
import type {Session} from '../../session.ts';
import {Bug} from '../../spec/errors.ts';
import type {Host} from '../../spec/project.ts';
import type {PostgresLocation} from '../../spec/state-location.ts';
import type {StateStore} from '../../state/store.ts';
import {systemClock} from '../clock.ts';
import type {CoordinatorSettings} from '../coordinator.ts';
import type {Duty, DutySurroundings} from '../duty.ts';
import type {Log} from '../log.ts';
import {AutoscaleDuty} from '../scaling/autoscale-duty.ts';
import type {Store} from '../store/store.ts';
import type {WorkerPool} from '../workers/worker-pool.ts';
import {EnvironmentDuty} from './environment-duty.ts';
import type {Environments} from './environments.ts';
import {RunningEnvironments} from './running-environments.ts';

/** Where served stacks are kept. */
export interface EnvironmentsPlace {
  /** Where the API is, for people who apply past it. */
  readonly address: () => string;
  /** The coordinator's data directory: bundles are laid out there. */
  readonly data: string;
  /** Whose tables have the states of projects that are served; absent of an embedded database, which has them itself. */
  readonly database?: PostgresLocation;
}

export interface OpenEnvironmentsWish extends EnvironmentsPlace {
  readonly coordinator: string;
  readonly store: Store;
  readonly session: Session;
  readonly hosts: () => readonly Host[];
  readonly pool: WorkerPool;
  readonly settings: CoordinatorSettings;
  readonly log: Log;
}

export interface OpenedEnvironments {
  readonly environments: Environments;
  readonly duties: (around: DutySurroundings) => readonly Duty[];
}

/** The stacks that a coordinator serves: what is asked about them, and the leader's duties to keep and scale them. */
export async function openEnvironments(wish: OpenEnvironmentsWish): Promise<OpenedEnvironments> {
  const {data, address, store, settings} = wish;
  const id = await store.identity();
  let around: DutySurroundings | undefined;
  const parts = {
    ...wish,
    mark: () => ({id, address: address()}),
    folder: join(data, 'environments', 'bundles'),
    openState: (project: string) => openState(wish, project),
    settings: () => around?.settings() ?? settings,
    onChange: () => around?.onChange(),
    clock: systemClock,
    random: Math.random,
  };
  const duty = new EnvironmentDuty(parts);
  const environments = new RunningEnvironments({...parts, onAsk: () => duty.wake()});
  const scaling = new AutoscaleDuty({...parts, environments});
  return {
    environments,
    duties(surroundings) {
      around = surroundings;
      return [duty, scaling];
    },
  };
}

/** As `state:` of a project that is not served: locks, history, journals and all. */
async function openState({database, store, session}: OpenEnvironmentsWish, project: string): Promise<StateStore> {
  if (store.states) return store.states.open(project);
  if (!database) throw new Bug('a store in PostgreSQL, and nobody said which one');
  const {openPostgresStore} = await import('../../state/postgres/postgres-store.ts');
  return openPostgresStore(database, project, session);
}
