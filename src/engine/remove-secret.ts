import {dropSecret, unknownSecret} from './keep-secret.ts';
import {dropSecretHere} from './keep-secret-here.ts';
import type {StackChoice} from './open-project.ts';
import {type SecretUsers, secretUsers} from './secret-users.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {entryText, type SecretEntry, sealedValue} from './state/sealed-secrets.ts';

export interface RemovedSecret extends SecretUsers {
  readonly name: string;
  readonly environment?: string;
  /** From where it was removed. */
  readonly from: readonly string[];
}

/**
 * Removes a secret from everywhere it is kept here, or one environment's own value. Errors: UserError `secret-in-use`
 * unless forced, with who refers to it; `secret-unknown`.
 */
export async function removeSecret(
  session: Session,
  choice: StackChoice,
  entry: SecretEntry,
  {force}: {readonly force: boolean},
): Promise<RemovedSecret> {
  const sealed = (await session.secretStore.read())?.sealed;
  const encrypted = sealed !== undefined && sealedValue(sealed, entry) !== undefined;
  const here = entry.environment === undefined && (await isHere(session, entry.name));
  if (!encrypted && !here) throw unknownSecret(entry);
  const users = await secretUsers(session, choice, entry.name, entry.environment);
  // Without a value of its own an environment has that of all.
  const replaced = entry.environment !== undefined && sealed !== undefined && entry.name in sealed.values;
  if (!force && !replaced) refuseUsed(entry, users);
  if (encrypted) await dropSecret(session, entry);
  if (here) await dropSecretHere(session.project.directory, entry.name);
  const from = [...(encrypted ? [session.secretStore.location] : []), ...(here ? ['.niyanta/secrets.yaml'] : [])];
  return {...entry, from, ...users};
}

async function isHere({project}: Session, name: string): Promise<boolean> {
  const {readSecretFile, secretFilePath} = await import('./state/secret-file.ts');
  return (await readSecretFile(secretFilePath(project.directory))).has(name);
}

function refuseUsed(entry: SecretEntry, {services, settings, unread}: SecretUsers): void {
  const used = services.map(({environment, service}) => `${service} (${environment})`);
  if (used.length === 0 && settings.length === 0 && unread === undefined) return;
  const by = [...used, ...settings];
  throw new UserError({
    code: 'secret-in-use',
    message:
      by.length > 0
        ? `secret ${entryText(entry)} is used by ${by.join(', ')}`
        : `nobody knows who uses secret ${entryText(entry)}: ${unread}`,
    hint: 'Remove what refers to it and apply that, or add --force: what runs goes on, the next plan will miss it.',
  });
}
