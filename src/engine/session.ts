import {join} from 'node:path';
import type {SshOptions} from './hosts/index.ts';
import type {ServerMark} from './runtime/fence-commands.ts';
import type {ServicePlaces} from './spec/index.ts';
import type {Host, Project} from './spec/project.ts';
import type {EnvironmentName, Stack} from './spec/stack.ts';
import {type IdentityPlace, identityPlace} from './state/identity-place.ts';
import {openStore} from './state/open-store.ts';
import {projectSecretStore} from './state/project-secret-store.ts';
import type {SecretStore} from './state/secret-store.ts';
import {openSecrets, type Secrets} from './state/secrets.ts';
import {stateSecretStore} from './state/state-secret-store.ts';
import type {StateStore} from './state/store.ts';

/** What a command works on: the files, read and checked, and where state and secrets are. */
export interface Session {
  readonly project: Project;
  readonly environment: EnvironmentName;
  /** Those of niyanta.yaml and of its lab. */
  readonly hosts: readonly Host[];
  readonly store: StateStore;
  /** Values as this environment has them, wherever they are kept. */
  readonly secrets: Secrets;
  /** Where encrypted values are kept. */
  readonly secretStore: SecretStore;
  /** Where this person's age key is. */
  readonly identity: IdentityPlace;
  /** How hosts are reached over SSH: whose files, and who is asked for a passphrase. */
  readonly ssh: SshOptions;
  /** Of a coordinator that serves this environment: what it changes, nobody else does. */
  readonly server?: ServerMark;
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
  const environment = opened.environment ?? 'default';
  const ssh = {env, ...(askPassphrase ? {askPassphrase} : {})};
  return {
    ...opened,
    environment,
    ...(await openStateAndSecrets(project, environment, {hosts, ssh, env})),
    ssh,
    imageCache: join(project.directory, '.niyanta', 'images'),
  };
}

/** The state and the secrets, which may each need the other. Nothing is read yet. */
export async function openStateAndSecrets(
  project: Project,
  environment: EnvironmentName,
  {env, ...reach}: {readonly hosts: readonly Host[]; readonly ssh: SshOptions; readonly env: SshOptions['env']},
): Promise<Pick<Session, 'store' | 'secretStore' | 'identity' | 'secrets'>> {
  const {secrets: settings, directory} = project;
  const identity = identityPlace(env, settings.identity);
  const places = {environment, sources: settings.sources, identity};
  // What opens the state cannot be kept in it.
  const outside = settings.store === 'project' ? projectSecretStore(settings.file) : undefined;
  const opening = openSecrets(directory, env, {...places, ...(outside && {store: outside})});
  const store = await openStore(project, {...reach, secrets: opening});
  const secretStore = outside ?? stateSecretStore(store);
  const secrets = outside ? opening : openSecrets(directory, env, {...places, store: secretStore});
  return {store, secretStore, identity, secrets};
}
