import {randomBytes, randomUUID} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import {checkpointKeeper} from '../../../../src/engine/coordinator/checkpoints/checkpoint-keeper.ts';
import {type Clock, systemClock} from '../../../../src/engine/coordinator/clock.ts';
import type {Coordinator, CoordinatorSettings} from '../../../../src/engine/coordinator/coordinator.ts';
import {silentLog} from '../../../../src/engine/coordinator/log.ts';
import {defaultCoordinatorSettings} from '../../../../src/engine/coordinator/settings.ts';
import {startCoordinator} from '../../../../src/engine/coordinator/start-coordinator.ts';
import {openSqliteStore} from '../../../../src/engine/coordinator/store/open-store.ts';
import type {Store, WorkloadRow} from '../../../../src/engine/coordinator/store/store.ts';
import {sleepType} from '../../../../src/engine/coordinator/types/sleep.ts';
import type {WorkloadState} from '../../../../src/engine/coordinator/workload-states.ts';
import type {Workload} from '../../../../src/engine/spec/workload.ts';
import {submission} from '../store/samples.ts';
import {StagePool} from './stage-pool.ts';
import {StageType} from './stage-type.ts';

export interface Stage {
  readonly store: Store;
  readonly pool: StagePool;
  readonly type: StageType;
  readonly coordinator: Coordinator;
  /** Another coordinator on the same store, workers and type, as a process that starts anew. */
  another(parts?: Partial<CoordinatorSettings>, clock?: Clock): Promise<Coordinator>;
  /** Submits one and returns its id. */
  submit(name: string, workload?: Partial<Workload>): Promise<string>;
  row(id: string): Promise<WorkloadRow>;
  state(id: string): Promise<WorkloadState>;
  /** Its states in order, by its events. */
  states(id: string): Promise<readonly string[]>;
}

/** Times of tests: nothing waits long, nothing is measured. */
export const quick: CoordinatorSettings = {
  ...defaultCoordinatorSettings,
  lease: {ttlMs: 1500, renewMs: 300, marginMs: 200, pollMs: 50},
  round: {everyMs: 50},
  outsideFailures: {max: 3, initialMs: 10, maxMs: 20},
};

/** A coordinator over a real SQLite store with workers and a type on stage; all of it ends with the test. */
export async function stage(
  hosts: readonly string[],
  parts: Partial<CoordinatorSettings> = {},
  clock: Clock = systemClock,
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-coordinator-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  const store = await openSqliteStore(folder, {usageHalfLifeMs: 86_400_000});
  onTestFinished(() => store.close());
  return stageOver(store, new StagePool(...hosts), new StageType(), parts, clock);
}

export async function stageOver(
  store: Store,
  pool: StagePool,
  type: StageType,
  parts: Partial<CoordinatorSettings> = {},
  clock: Clock = systemClock,
): Promise<Stage> {
  const another = async (more: Partial<CoordinatorSettings> = {}, clock: Clock = systemClock) => {
    const keeper = checkpointKeeper(store);
    const coordinator = await startCoordinator({
      id: randomUUID(),
      store,
      workers: pool,
      types: [type, sleepType(keeper)],
      checkpoints: keeper,
      settings: {...quick, ...parts, ...more},
      clock,
      random: () => 0.5,
      randomBytes,
      log: process.env.STAGE_LOG ? console : silentLog,
    });
    onTestFinished(() => coordinator.stop({deadlineMs: 5000}));
    return coordinator;
  };
  const row = async (id: string) => (await store.workload('everyone', id))!;
  const coordinator = await another({}, clock);
  return {
    store,
    pool,
    type,
    coordinator,
    another,
    async submit(name, workload = {}) {
      const one = submission(name, {}, {type: 'stage', with: {}, ...workload});
      await coordinator.submit([one]);
      return one.id;
    },
    row,
    state: async id => (await row(id)).state,
    states: async id => {
      const events = await store.events('everyone', {workload: id, limit: 1000});
      return events.flatMap(({to}) => (to === undefined ? [] : [to]));
    },
  };
}
