import {declaredEnvironments, readFiles, type StackChoice} from './open-project.ts';
import type {Session} from './session.ts';
import {NiyantaError} from './spec/errors.ts';
import {backupSecretUses, secretUses} from './spec/secret-uses.ts';
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
  /** What else needs it: `registries.ghcr.io` of niyanta.yaml; `hooks.migrate.env.TOKEN`, `volumes.db.backup`. */
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
  const inFiles = await usersInFiles(choice, name, wanted);
  const state = await session.store.read().catch((error: unknown) => {
    if (error instanceof NiyantaError) return error;
    throw error;
  });
  const environments = state instanceof NiyantaError ? {} : state.environments;
  const inState = Object.entries(environments).flatMap(([each, {history, placements}]) => {
    const running = Object.values(placements).some(({length}) => length > 0);
    const stack = running ? history.findLast(entry => entry.stack !== undefined)?.stack : undefined;
    return stack && wanted(each) ? [usersIn(stack, name, each, 'state')] : [];
  });
  const found = [...inFiles.found, ...inState];
  const services = new Map(
    found
      .flatMap(one => one.services)
      .reverse()
      .map(user => [`${user.environment}/${user.service}`, user]),
  );
  const {registries} = session.project;
  const passwords = Object.entries(registries)
    .filter(([, {password}]) => password !== undefined && secretNames([password]).includes(name))
    .map(([registry]) => `registries.${registry}`);
  const settings = [...new Set([...passwords, ...found.flatMap(one => one.settings)])];
  const {unread} = inFiles;
  const why = unread ?? (state instanceof NiyantaError ? state.message : undefined);
  return {services: [...services.values()].reverse(), settings, ...(why === undefined ? {} : {unread: why})};
}

interface Found {
  readonly services: readonly SecretUser[];
  readonly settings: readonly string[];
}

async function usersInFiles(
  choice: StackChoice,
  name: string,
  wanted: (environment: EnvironmentName) => boolean,
): Promise<{readonly found: readonly Found[]; readonly unread?: string}> {
  const found: Found[] = [];
  try {
    const declared = new Set(['default', ...(await declaredEnvironments(choice))]);
    for (const environment of [...declared].filter(wanted)) {
      const {stack} = await readFiles({...choice, environment});
      found.push(usersIn(stack, name, environment, 'files'));
    }
    return {found};
  } catch (error) {
    if (!(error instanceof NiyantaError)) throw error;
    // A project without a stack file is no reason to worry.
    return error.code === 'file-unreadable' ? {found} : {found, unread: error.message.split('\n')[0]!};
  }
}

function usersIn(stack: Stack, name: string, environment: EnvironmentName, where: SecretUser['in']): Found {
  const uses = [...secretUses(stack), ...backupSecretUses(stack)].filter(({secret}) => secret === name);
  const services = new Set(uses.flatMap(({service}) => service ?? []));
  return {
    services: [...services].map(service => ({environment, service, in: where})),
    settings: uses.flatMap(({service, path}) => (service === undefined ? path : [])),
  };
}
