import {join} from 'node:path';
import type {SshOptions} from './hosts/index.ts';
import type {ServicePlaces} from './spec/index.ts';
import type {Host, Project} from './spec/project.ts';
import type {EnvironmentName, Stack} from './spec/stack.ts';
import {openStore} from './state/open-store.ts';
import {openSecrets, type Secrets} from './state/secrets.ts';
import type {StateStore} from './state/store.ts';

/** What a command works on: the files, read and checked, and where state and secrets are. */
export interface Session {
  readonly project: Project;
  readonly environment: EnvironmentName;
  /** Those of niyanta.yaml and of its lab. */
  readonly hosts: readonly Host[];
  readonly store: StateStore;
  readonly secrets: Secrets;
  /** How hosts are reached over SSH: whose files, and who is asked for a passphrase. */
  readonly ssh: SshOptions;
  /** Folder for built images; never committed. */
  readonly imageCache: string;
}

/** A session with a stack. */
export interface StackSession extends Session {
  readonly stack: Stack;
  /** Where its services were written; absent when it comes from the history. */
  readonly places?: ServicePlaces;
}

/** Puts state, secrets and the way to hosts beside what `openProject` read. Without `askPassphrase` nobody is asked. */
export async function openSession<T extends {readonly project: Project; readonly hosts: readonly Host[]}>(
  opened: T & {readonly environment?: EnvironmentName},
  env: Readonly<Record<string, string | undefined>>,
  askPassphrase?: SshOptions['askPassphrase'],
): Promise<T & Session> {
  const {project, hosts} = opened;
  const secrets = openSecrets(project.directory, env);
  const ssh = {env, ...(askPassphrase ? {askPassphrase} : {})};
  return {
    ...opened,
    environment: opened.environment ?? 'default',
    store: await openStore(project, {hosts, secrets, ssh}),
    secrets,
    ssh,
    imageCache: join(project.directory, '.niyanta', 'images'),
  };
}
