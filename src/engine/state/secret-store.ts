import {type Location, UserError} from '../spec/errors.ts';
import type {SealedSecrets, SecretEntry} from './sealed-secrets.ts';

/** Where a project's encrypted secrets are: its file, or its state. */
export interface SecretStore {
  readonly kind: 'project' | 'state';
  /** For people. */
  readonly location: string;
  /** Undefined when nobody has begun one (`niyanta secret init`). Errors: those of the file or the state. */
  read(): Promise<ReadSecrets | undefined>;
  /** One writer at a time; `change` sees what is there at that moment. */
  write(change: (old: SealedSecrets | undefined) => Promise<SealedSecrets>): Promise<void>;
}

export interface ReadSecrets {
  readonly sealed: SealedSecrets;
  /** Where an entry stands, where lines say something. */
  readonly placeOf: (entry: SecretEntry) => Location | undefined;
}

/** Errors: UserError `secrets-not-begun`. */
export function begun<T>(store: SecretStore, read: T | undefined): T {
  if (read !== undefined) return read;
  throw new UserError({
    code: 'secrets-not-begun',
    message: `${store.location} holds no encrypted secrets yet`,
    hint: 'niyanta secret init begins it, and makes an age key where there is none.',
  });
}
