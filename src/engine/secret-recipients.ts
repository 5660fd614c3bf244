import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {entriesOf, type SealedSecrets, sealedValue, withSealed} from './state/sealed-secrets.ts';
import {begun, type ReadSecrets} from './state/secret-store.ts';

export interface SecretRecipients {
  readonly store: string;
  readonly recipients: readonly string[];
  /** Public keys of this person's own key; empty without one. */
  readonly own: readonly string[];
}

/** Who can read the encrypted secrets, and what of it is oneself. */
export async function listRecipients(session: Session): Promise<SecretRecipients> {
  const {secretStore} = session;
  const {sealed} = begun(secretStore, await secretStore.read());
  const own = await ownRecipients(session).catch((error: unknown) => {
    if (error instanceof UserError && error.code === 'age-key-missing') return [];
    throw error;
  });
  return {store: secretStore.location, recipients: sealed.recipients, own};
}

export interface RecipientChange {
  readonly add?: string;
  readonly remove?: string;
}

/**
 * Adds or removes a recipient and encrypts every value anew, all or none. Errors: UserError `recipient-invalid`,
 * `recipient-known`, `recipient-unknown`, `recipient-self` (nobody locks himself out), and those of decryption.
 */
export async function changeRecipients(session: Session, change: RecipientChange): Promise<SecretRecipients> {
  const {secretStore, identity} = session;
  const {checkRecipient} = await import('./state/age-seal.ts');
  if (change.add !== undefined) checkRecipient(change.add);
  const {readIdentities} = await import('./state/age-identity.ts');
  const identities = await readIdentities(identity);
  const own = await ownRecipients(session);
  await secretStore.write(async old => {
    const recipients = changed(begun(secretStore, old).recipients, own, change);
    return encryptedFor(recipients, begun(secretStore, await secretStore.read()), identities);
  });
  return listRecipients(session);
}

function changed(before: readonly string[], own: readonly string[], {add, remove}: RecipientChange): readonly string[] {
  if (add !== undefined && before.includes(add)) throw refusal('recipient-known', `${add} is a recipient already`);
  if (remove !== undefined && !before.includes(remove))
    throw refusal('recipient-unknown', `${remove} is no recipient`, 'niyanta secret recipients ls shows them.');
  const after = [...before.filter(one => one !== remove), ...(add === undefined ? [] : [add])].sort();
  if (after.some(one => own.includes(one))) return after;
  throw refusal(
    'recipient-self',
    'afterwards your own key could not read the secrets any more',
    'Let somebody who stays a recipient do it, or use that key: NIYANTA_AGE_KEY_FILE.',
  );
}

async function encryptedFor(
  recipients: readonly string[],
  {sealed, placeOf}: ReadSecrets,
  identities: readonly string[],
): Promise<SealedSecrets> {
  const {seal, unseal} = await import('./state/age-seal.ts');
  let next: SealedSecrets = {...sealed, recipients};
  for (const entry of entriesOf(sealed)) {
    const value = await unseal(entry, sealedValue(sealed, entry)!, identities, placeOf(entry));
    next = withSealed(next, entry, await seal(entry, value, recipients));
  }
  return next;
}

async function ownRecipients({identity}: Session): Promise<readonly string[]> {
  const {readIdentities, recipientsOf} = await import('./state/age-identity.ts');
  return recipientsOf(await readIdentities(identity));
}

const refusal = (code: string, message: string, hint?: string): UserError => new UserError({code, message, hint});
