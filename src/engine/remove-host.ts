import {editProject} from './edit-project.ts';
import {namedHost} from './named-host.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {removeHost as removeHostFrom} from './spec/index.ts';
import type {LockFile} from './state/lock-file.ts';

export interface RemoveHostOptions {
  /** Even while replicas are there. */
  readonly force: boolean;
  /** process.env. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws when the person says no. */
  readonly confirm: (question: string) => Promise<void>;
}

/**
 * Takes a host out of niyanta.yaml; nothing on the host changes. Errors: UserError `unknown-host`, `host-of-lab`, and
 * `host-in-use` while the lock file places replicas there, unless `force`.
 */
export async function removeHost(
  session: Session,
  name: string,
  {force, env, confirm}: RemoveHostOptions,
): Promise<{readonly host: string; readonly left: readonly string[]}> {
  const {project} = session;
  if (!project.hosts.some(host => host.name === name)) {
    namedHost(session.hosts, name);
    throw new UserError({
      code: 'host-of-lab',
      message: `${name} is a host of the lab ${project.lab}, not of niyanta.yaml`,
      hint: `niyanta host drain ${name} empties it; niyanta lab down ends the whole lab.`,
    });
  }
  const left = replicasOn(await session.store.read(), name);
  if (left.length > 0 && !force) {
    throw new UserError({
      code: 'host-in-use',
      message: `${name} still has ${left.join(', ')}`,
      hint: `Empty it first: niyanta host drain ${name}, then niyanta apply. Or leave them there: --force`,
      exit: 1,
    });
  }
  await confirm(`Remove ${name} from niyanta.yaml${left.length > 0 ? `, leaving ${left.join(', ')} on it` : ''}?`);
  await editProject(project, env, text => removeHostFrom(text, name));
  return {host: name, left};
}

/** `backend 2 (staging)` for each replica that the lock file has there. */
const replicasOn = (lock: LockFile, host: string): string[] =>
  Object.entries(lock.environments).flatMap(([environment, {placements}]) =>
    Object.entries(placements).flatMap(([service, replicas]) =>
      replicas.filter(replica => replica.host === host).map(({replica}) => `${service} ${replica} (${environment})`),
    ),
  );
