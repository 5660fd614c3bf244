import {randomUUID} from 'node:crypto';
import {UserError} from '../../spec/errors.ts';
import type {Actor, ApiKeyRow, CustomerId, Role, Store} from '../store/store.ts';
import {makeKey} from './api-key.ts';
import {isScope} from './permissions.ts';

export interface KeyWish {
  readonly role: Role;
  /** None: of the whole coordinator; not for the role `customer`. */
  readonly customer?: CustomerId;
  /** All that the role may do when absent. */
  readonly scopes?: readonly string[];
  readonly note?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
}

/**
 * Makes a key and stores its hash. `text` is the key itself and is known to nobody afterwards. Errors: UserError
 * `unknown-customer`, `wrong-key` (a role that needs or refuses a customer, an unknown scope, an expiry that has passed).
 */
export async function createKey(
  store: Store,
  wish: KeyWish,
  actor: Actor,
): Promise<{readonly text: string; readonly key: ApiKeyRow}> {
  const wrong = wrongWish(wish, await store.now());
  if (wrong !== undefined) throw new UserError({code: 'wrong-key', message: wrong});
  if (wish.customer !== undefined && !(await store.customers()).some(({id}) => id === wish.customer)) {
    throw new UserError({code: 'unknown-customer', message: `there is no customer ${wish.customer}`});
  }
  const {text, prefix, hash} = makeKey();
  await store.addKey({id: randomUUID(), prefix, hash, ...wish}, actor);
  const key = await store.keyByPrefix(prefix);
  if (key === undefined) throw new UserError({code: 'wrong-key', message: 'the key was removed while it was made'});
  return {text, key};
}

/**
 * Makes a key with the rights of another, which goes on for `overlapMs` at most. Undefined: there is no such key. Errors:
 * UserError `not-possible` when that one is revoked or expired.
 */
export async function rotateKey(
  store: Store,
  id: string,
  overlapMs: number,
  actor: Actor,
): Promise<{readonly text: string; readonly key: ApiKeyRow} | undefined> {
  const {text, prefix, hash} = makeKey();
  const key = await store.rotateKey(id, {next: {id: randomUUID(), prefix, hash}, overlapMs}, actor);
  return key && {text, key};
}

function wrongWish(wish: KeyWish, now: number): string | undefined {
  const whole = wish.role === 'admin' || wish.role === 'operator';
  if (wish.role === 'customer' && wish.customer === undefined) return 'a key of the role customer needs a customer';
  if (whole && wish.customer !== undefined) return `a key of the role ${wish.role} is of the whole coordinator`;
  if (wish.expiresAt !== undefined && wish.expiresAt <= now) return 'the key would have expired already';
  const unknown = wish.scopes?.find(scope => !isScope(scope));
  if (unknown !== undefined) return `there is no scope ${unknown}`;
  return undefined;
}
