import {declaredEnvironments, readFiles, type StackChoice} from './open-project.ts';
import type {Session} from './session.ts';
import {NiyantaError} from './spec/errors.ts';
import {secretUses} from './spec/secret-uses.ts';
import type {EnvironmentName, ServiceName, Stack} from './spec/stack.ts';
import {secretNames} from './state/secret-references.ts';

/** A service that refers to a secret: in the files as they are here, or in what an environment was last applied with. */
export interface SecretUser {
  readonly environment: EnvironmentName;
  readonly service: ServiceName;
  readonly in: 'files' | 'state';
}

export interface SecretUsers {
  readonly services: readonly SecretUser[];
  /** Passwords in niyanta.yaml that need it: `registries.ghcr.io`. */
  readonly settings: readonly string[];
  /** Why the stack's files, or the state, could not be read, if so: nobody knows then what they refer to. */
  readonly unread?: string;
}

/** Who refers to a secret. `environment`: only in this one. Reads the files and the state; asks no host. */
export async function secretUsers(
  session: Session,
  choice: StackChoice,
  name: string,
  environment?: EnvironmentName,
): Promise<SecretUsers> {
  const wanted = (each: EnvironmentName) => environment === undefined || environment === each;
  const {users, unread} = await usersInFiles(choice, name, wanted);
  const state = await session.store.read().catch((error: unknown) => {
    if (error instanceof NiyantaError) return error;
    throw error;
  });
  const environments = state instanceof NiyantaError ? {} : state.environments;
  const applied = Object.entries(environments).flatMap(([each, {history, placements}]) => {
    const running = Object.values(placements).some(({length}) => length > 0);
    const stack = running ? history.findLast(entry => entry.stack !== undefined)?.stack : undefined;
    return stack && wanted(each) ? usersIn(stack, name, each, 'state') : [];
  });
  const known = new Set(users.map(user => `${user.environment}/${user.service}`));
  const services = [...users, ...applied.filter(user => !known.has(`${user.environment}/${user.service}`))];
  const {registries} = session.project;
  const settings = Object.entries(registries)
    .filter(([, {password}]) => password !== undefined && secretNames([password]).includes(name))
    .map(([registry]) => `registries.${registry}`);
  const why = unread ?? (state instanceof NiyantaError ? state.message : undefined);
  return {services, settings, ...(why === undefined ? {} : {unread: why})};
}

async function usersInFiles(choice: StackChoice, name: string, wanted: (environment: EnvironmentName) => boolean) {
  const users: SecretUser[] = [];
  try {
    const declared = new Set(['default', ...(await declaredEnvironments(choice))]);
    for (const environment of [...declared].filter(wanted)) {
      const {stack} = await readFiles({...choice, environment});
      users.push(...usersIn(stack, name, environment, 'files'));
    }
    return {users};
  } catch (error) {
    if (!(error instanceof NiyantaError)) throw error;
    // A project without a stack file is no reason to worry.
    return error.code === 'file-unreadable' ? {users} : {users, unread: error.message.split('\n')[0]!};
  }
}

function usersIn(stack: Stack, name: string, environment: EnvironmentName, where: SecretUser['in']): SecretUser[] {
  const services = secretUses(stack)
    .filter(({secret}) => secret === name)
    .map(({service}) => service);
  return [...new Set(services)].map(service => ({environment, service, in: where}));
}
