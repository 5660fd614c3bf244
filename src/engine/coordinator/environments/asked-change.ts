import {randomUUID} from 'node:crypto';
import {UserError} from '../../spec/errors.ts';
import type {Actor} from '../store/store.ts';
import type {ApplyWish, EnvironmentId, NewChange} from './environments.ts';

/** An apply as it is kept. */
export function applyOf(environment: EnvironmentId, wish: ApplyWish, actor: Actor): NewChange {
  const {bundle, idempotencyKey, targets, pull, onFailure, agreed} = wish;
  const options = given({
    targets,
    pull,
    onFailure,
    agreed: agreed && {serial: agreed.serial, fingerprint: agreed.fingerprint},
  });
  return {environment, kind: 'apply', bundle, options, actor, token: idempotencyKey ?? randomUUID()};
}

/** Without what is undefined. */
export const given = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;

export const anotherEnvironment = (id: EnvironmentId, bundled: EnvironmentId): UserError =>
  new UserError({
    code: 'another-environment',
    message: `the bundle is of ${bundled}, not of ${id}`,
    hint: 'Send the project with this environment chosen: its bundle says which one it is for.',
  });

export const notYours = (id: EnvironmentId): UserError =>
  new UserError({
    code: 'not-yours',
    message: `the name ${id} is taken by an environment of somebody else`,
    hint: 'Give the project another name in niyanta.yaml, or choose another environment.',
  });

export const notApplied = (id: EnvironmentId): UserError =>
  new UserError({
    code: 'not-applied',
    message: `environment ${id} runs nothing`,
    hint: 'Apply a stack first: niyanta apply --server …',
    exit: 1,
  });
