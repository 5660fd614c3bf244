import {stat} from 'node:fs/promises';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';

export interface BegunSecrets {
  /** File or state, for people. */
  readonly store: string;
  readonly recipients: readonly string[];
  /** The age key that was made; absent when there was one. */
  readonly createdKey?: string;
}

/**
 * Begins encrypted secrets: makes an age key where this person has none, and a store without secrets that this key and
 * `recipients` can read. Errors: UserError `secrets-begun`, `recipient-invalid`, and those of the key.
 */
export async function beginSecrets(
  {secretStore, identity}: Session,
  recipients: readonly string[],
  now: Date,
): Promise<BegunSecrets> {
  const {checkRecipient} = await import('./state/age-seal.ts');
  for (const recipient of recipients) checkRecipient(recipient);
  if (await secretStore.read()) throw begunBefore(secretStore.location);
  const {createIdentity, readIdentities, recipientsOf} = await import('./state/age-identity.ts');
  const path = identity.kind === 'file' ? identity.path : undefined;
  const missing = path !== undefined && !(await isThere(path));
  const own = missing ? [await createIdentity(path, now)] : await recipientsOf(await readIdentities(identity));
  const all = [...new Set([...own, ...recipients])].sort();
  await secretStore.write(async old => {
    if (old) throw begunBefore(secretStore.location);
    return {recipients: all, values: {}, environments: {}};
  });
  return {store: secretStore.location, recipients: all, ...(missing ? {createdKey: path} : {})};
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const begunBefore = (location: string): UserError =>
  new UserError({
    code: 'secrets-begun',
    message: `${location} has encrypted secrets already`,
    hint: 'niyanta secret recipients add age1… lets another key read them.',
  });
