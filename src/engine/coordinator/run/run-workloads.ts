import {randomBytes} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {openJobImage} from '../../open-job-image.ts';
import type {Session} from '../../session.ts';
import {OutsideError, UserError} from '../../spec/errors.ts';
import {unreadable} from '../../spec/files.ts';
import type {Workload} from '../../spec/workload.ts';
import {ownerName} from '../../state/process-identity.ts';
import {DEFAULT_CUSTOMER} from '../access/index.ts';
import type {Coordinator} from '../coordinator.ts';
import type {Log} from '../log.ts';
import {openCoordinator} from '../open-coordinator.ts';
import {defaultCoordinatorSettings} from '../settings.ts';
import {openSqliteStore} from '../store/open-store.ts';
import type {Actor, Submission, WorkloadId, WorkloadRow} from '../store/store.ts';
import {workloadId} from '../workload-id.ts';
import {hasEnded} from '../workload-states.ts';
import {makeRunFolder, type RunFolder, removeRunFolder} from './run-folder.ts';

/** Workloads that a coordinator of this process runs, over a database of their own. */
export interface Run {
  readonly coordinator: Coordinator;
  /** In the order of the files. */
  readonly ids: readonly WorkloadId[];
  look(): Promise<readonly WorkloadRow[]>;
  /** Something happened, or a second went by. */
  changed(): Promise<void>;
  /** Asks all that have not ended to end. */
  cancel(): Promise<void>;
  /** Lets go of everything; the database goes too, where all have ended. */
  close(): Promise<void>;
}

export interface RunWish {
  readonly session: Session;
  readonly log: Log;
  /** What is said while an image is built. */
  readonly onBuild: (line: string) => void;
}

const actor = (): Actor => ({name: `cli:${ownerName()}`});

/** Submits them to a new coordinator in this process. Errors: UserError for what cannot be run, before anything is. */
export async function runWorkloads(workloads: readonly Workload[], wish: RunWish): Promise<Run> {
  if (wish.session.hosts.length === 0) {
    const hint = 'niyanta host add NAME ADDRESS, or for throw-away hosts on this machine: niyanta lab up';
    throw new UserError({code: 'no-hosts', message: 'there is no host to run it on', hint});
  }
  const folder = await makeRunFolder(wish.session.project.directory);
  const opened = await open(folder, wish);
  try {
    for (const workload of workloads) opened.coordinator.check(workload, []);
    const {store} = opened.coordinator;
    const customer = {id: DEFAULT_CUSTOMER, name: 'Default', tier: 'standard', limits: {}, suspended: false};
    await store.putCustomer(customer, actor());
    const submissions: Submission[] = [];
    for (const workload of workloads) {
      // When it is run now, its times do not matter.
      const {schedule: _, ...now} = workload;
      const inputs = await storedInputs(workload, content => store.putBlob(content));
      submissions.push({
        id: newId(),
        customer: DEFAULT_CUSTOMER,
        workload: now,
        inputs,
        batch: folder.id,
        actor: actor(),
      });
    }
    const accepted = await opened.coordinator.submit(submissions);
    return opened.run(accepted.map(({id}) => id));
  } catch (error) {
    await opened.run([]).close();
    throw error;
  }
}

/** Goes on with a run whose process was killed, to end it. */
export async function takeUpRun(folder: RunFolder, wish: RunWish): Promise<Run> {
  const opened = await open(folder, wish);
  const {items} = await opened.coordinator.store.workloads('everyone', {limit: 500});
  return opened.run(items.map(({id}) => id).reverse());
}

const newId = (): WorkloadId => workloadId(Date.now(), randomBytes(10));

/** SHA-256 of each input file by its path in the container. Errors: UserError `file-unreadable`. */
async function storedInputs(
  {inputs, name}: Workload,
  put: (content: Uint8Array) => Promise<string>,
): Promise<Record<string, string>> {
  const stored: Record<string, string> = {};
  for (const {source, target} of inputs.files) {
    const content = await readFile(source).catch((error: unknown) => {
      throw new UserError({code: 'file-unreadable', message: `${name}: the input ${source}: ${unreadable(error)}`});
    });
    stored[target] = await put(content);
  }
  return stored;
}

async function open(folder: RunFolder, {session, log, onBuild}: RunWish) {
  const settings = defaultCoordinatorSettings;
  const store = await openSqliteStore(folder.path, {usageHalfLifeMs: settings.queue.fairShare.halfLifeMs});
  const opened = await openCoordinator({
    id: folder.id,
    store,
    session,
    settings,
    log,
    build: source => openJobImage(source, {...session, onBuild, signal: new AbortController().signal}),
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const {coordinator} = opened;
  const run = (ids: readonly WorkloadId[]): Run => {
    const look = async (): Promise<readonly WorkloadRow[]> => {
      const rows = await Promise.all(ids.map(id => store.workload('everyone', id)));
      return rows.flatMap(row => row ?? []);
    };
    return {
      coordinator,
      ids,
      look,
      changed: () => nextChange(coordinator),
      async cancel() {
        for (const {id, state} of await look()) {
          if (!hasEnded(state)) await coordinator.ask('everyone', id, 'cancel', actor()).catch(endedMeanwhile);
        }
      },
      async close() {
        const done = (await look()).every(({state}) => hasEnded(state));
        await opened.close(5000);
        await store.close();
        if (done) await removeRunFolder(folder);
      },
    };
  };
  return {coordinator, run};
}

function endedMeanwhile(error: unknown): void {
  if (!(error instanceof UserError && error.code === 'not-possible')) throw error;
}

/** Where the database does not tell, it is looked at. */
const LOOK_MS = 1000;

function nextChange(coordinator: Coordinator): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    const stop = coordinator.subscribe(done);
  });
}

/** What it left, by path in the container. Errors: OutsideError `output-missing`. */
export async function outputsOf(run: Run, row: WorkloadRow): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const [path, sha256] of Object.entries(row.outputs).filter(([path]) => path.startsWith('/'))) {
    const content = await run.coordinator.store.blob(sha256);
    if (!content)
      throw new OutsideError({code: 'output-missing', message: `${path} of ${row.workload.name} is not kept`});
    files.set(path, content);
  }
  return files;
}
