import {afterAll, afterEach, beforeAll, beforeEach} from 'vitest';
import type {
  AttemptReport,
  AttemptRow,
  Leadership,
  Store,
  Submission,
  WorkloadId,
  WorkloadRow,
} from '../../../../src/engine/coordinator/store/index.ts';
import {type Backend, type BackendName, backends} from './backends.ts';

/** A store for each test, of this kind; everything that was opened on it is gone after the test. */
export interface StoreUnderTest {
  readonly name: BackendName;
  readonly backend: Backend;
  readonly location: string;
  readonly store: Store;
  /** Another one on the same database; of SQLite, which has but one, the same. */
  another(): Promise<Store>;
  /** Statements on the tables themselves; the store is opened anew for what comes after. */
  sql(text: string): Promise<void>;
  leadership(): Promise<Leadership>;
  submitted(...submissions: readonly Submission[]): Promise<readonly WorkloadId[]>;
  /** Places it on h1. */
  placed(id: WorkloadId): Promise<AttemptRow>;
  /** Places it and has it RUNNING. */
  running(id: WorkloadId): Promise<AttemptRow>;
  reported(attempt: AttemptRow, to: AttemptReport['to'], parts?: Partial<AttemptReport>): Promise<'counted' | 'fenced'>;
  row(id: WorkloadId): Promise<WorkloadRow>;
}

/** To be called in a `describe`. */
export function storeUnderTest(name: BackendName): StoreUnderTest {
  let backend: Backend;
  let stop: (() => Promise<void>) | undefined;
  let place: {readonly location: string; remove(): Promise<void>};
  let store: Store;
  const others: Store[] = [];
  beforeAll(async () => {
    backend = await backends[name]();
    stop = await backend.start?.();
  }, 60_000);
  afterAll(() => stop?.());
  beforeEach(async () => {
    place = await backend.make();
    store = await backend.open(place.location);
  });
  afterEach(async () => {
    await Promise.all([store, ...others.splice(0)].map(each => each.close()));
    await place.remove();
  });
  const the: StoreUnderTest = {
    name,
    get backend() {
      return backend;
    },
    get location() {
      return place.location;
    },
    get store() {
      return store;
    },
    async another() {
      if (name === 'sqlite') return store;
      others.push(await backend.open(place.location));
      return others.at(-1)!;
    },
    async sql(text) {
      await store.close();
      try {
        await backend.sql(place.location, text);
      } finally {
        store = await backend.open(place.location);
      }
    },
    async leadership() {
      const leadership = await store.lead({coordinator: 'c1', ttlMs: 60_000});
      if (!leadership) throw new Error('somebody else leads');
      return leadership;
    },
    async submitted(...submissions) {
      return (await store.submit(submissions)).map(({id}) => id);
    },
    async placed(id) {
      const {attempt} = await the.row(id);
      const placement = {workload: id, attempt: attempt + 1, worker: 'h1', reason: 'fits'};
      const [placed] = await store.place(await the.leadership(), [placement]);
      if (!placed) throw new Error(`${id} cannot be placed`);
      return placed;
    },
    async running(id) {
      const attempt = await the.placed(id);
      await the.reported(attempt, 'RUNNING');
      return attempt;
    },
    async reported({workload, attempt, lease}, to, parts = {}) {
      return (await store.report([{workload, attempt, lease, to, ...parts}]))[0]!;
    },
    async row(id) {
      const row = await store.workload('everyone', id);
      if (!row) throw new Error(`no workload ${id}`);
      return row;
    },
  };
  return the;
}
