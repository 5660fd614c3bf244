import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {systemClock} from '../../../src/engine/coordinator/clock.ts';
import type {Environments} from '../../../src/engine/coordinator/environments/environments.ts';
import {RunningEnvironments} from '../../../src/engine/coordinator/environments/running-environments.ts';
import {silentLog} from '../../../src/engine/coordinator/log.ts';
import {defaultCoordinatorSettings} from '../../../src/engine/coordinator/settings.ts';
import type {Store} from '../../../src/engine/coordinator/store/store.ts';
import {openProjectOnly} from '../../../src/engine/open-project.ts';
import {type PackedProject, packProject} from '../../../src/engine/pack-project.ts';
import {openSession} from '../../../src/engine/session.ts';
import {openFileStore} from '../../../src/engine/state/file-store.ts';

/** The stacks of a coordinator that has no hosts: everything about them but what runs. */
export async function servedStacks(store: Store, folder: string): Promise<Environments> {
  const env = {HOME: folder};
  const own = await written(join(folder, 'own'), {
    'niyanta.yaml': 'apiVersion: niyanta/v1\nkind: Project\nname: own\n',
  });
  const session = await openSession(await openProjectOnly({cwd: own, env}), env);
  return new RunningEnvironments({
    coordinator: 'stand-in',
    store,
    session,
    hosts: () => [],
    pool: {workers: () => [], worker: () => undefined, subscribe: () => () => {}, close: async () => {}},
    mark: () => ({id: 'stand-in', address: 'http://127.0.0.1:1'}),
    folder: join(folder, 'bundles'),
    openState: async project => openFileStore(join(folder, `${project}.lock.json`), project),
    settings: () => defaultCoordinatorSettings,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    onChange: () => {},
    onAsk: () => {},
  });
}

/** A project with one service, packed as `niyanta apply --server` does. */
export async function packed(folder: string, name: string): Promise<PackedProject> {
  const directory = await written(join(folder, name), {
    'niyanta.yaml': `apiVersion: niyanta/v1\nkind: Project\nname: ${name}\n`,
    'stack.yaml': `apiVersion: niyanta/v1\nkind: Stack\nname: ${name}-stack\nservices: {web: {image: "busybox:1.37"}}\n`,
  });
  return packProject(
    {cwd: directory, env: {HOME: folder}},
    {signal: AbortSignal.timeout(20_000), onBuild: () => undefined},
  );
}

async function written(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(folder, {recursive: true});
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
