import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {afterAll, afterEach, beforeAll, beforeEach, test} from 'vitest';
import type {EnvironmentState, LockFile} from '../../../src/engine/state/lock-file.ts';
import type {StateStore} from '../../../src/engine/state/store.ts';
import {uniqueLabName} from '../../lab/harness/test-run.ts';
import {type Backend, type BackendName, backends, timesOf} from './backends.ts';

const emptyEnvironment: EnvironmentState = {
  stack: 'shop',
  fence: 0,
  images: {},
  subnets: {},
  placements: {},
  stopped: [],
  history: [],
};

/** A lock file with one environment more. */
export const withEnvironment =
  (environment: string, state: Partial<EnvironmentState> = {}) =>
  (lock: LockFile): LockFile => ({
    ...lock,
    environments: {...lock.environments, [environment]: {...emptyEnvironment, ...state}},
  });

/** A process of its own on a store. */
export interface StoreChild {
  readonly child: ChildProcess;
  /** The next line that it prints. */
  word(): Promise<string>;
  readonly ended: Promise<number | null>;
}

/** A store for each test, of this kind; everything that was opened on it is gone after the test. */
export interface StoreUnderTest {
  readonly name: BackendName;
  /** For tests with several processes, which a store of one process cannot have. */
  readonly ofProcesses: typeof test;
  readonly times: ReturnType<typeof timesOf>;
  readonly backend: Backend;
  readonly location: string;
  readonly store: StateStore;
  /** Another one on the same state, as another command would have. */
  open(): StateStore;
  start(deed: string, ...rest: string[]): StoreChild;
}

const notMade = Object.assign(() => undefined, {each: () => () => undefined}) as unknown as typeof test;

/** To be called in a `describe`. */
export function storeUnderTest(name: BackendName): StoreUnderTest {
  const times = timesOf(name);
  let backend: Backend;
  let stop: (() => Promise<void>) | undefined;
  let location: string;
  let remove: () => Promise<void>;
  let store: StateStore;
  const children: ChildProcess[] = [];
  const opened: StateStore[] = [];
  const open = () => {
    const made = backend.open(location, 'shop', times);
    opened.push(made);
    return made;
  };

  beforeAll(async () => {
    backend = await backends[name]();
    stop = await backend.start?.(uniqueLabName());
  }, 120_000);
  afterAll(() => stop?.(), 60_000);
  beforeEach(async () => {
    ({location, remove} = await backend.make());
    store = open();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await Promise.all(opened.splice(0).map(one => one.close()));
    await remove();
  });

  return {
    name,
    ofProcesses: name === 'sqlite' ? notMade : test,
    times,
    get backend() {
      return backend;
    },
    get location() {
      return location;
    },
    get store() {
      return store;
    },
    open,
    start(deed, ...rest) {
      const script = fileURLToPath(new URL('store-child.ts', import.meta.url));
      const child = spawn(process.execPath, [script, name, location, 'shop', deed, ...rest], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const lines = createInterface({input: child.stdout!})[Symbol.asyncIterator]();
      const word = async () => (await lines.next()).value as string;
      return {child, word, ended: once(child, 'exit').then(([code]) => code as number | null)};
    },
  };
}
