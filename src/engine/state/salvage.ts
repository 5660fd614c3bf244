import {sealedSchema} from './project-secret-store.ts';
import type {SealedSecrets} from './sealed-secrets.ts';

/** What can still be told from a lock file that cannot be read as a whole. */
export interface Salvaged {
  readonly serial: number;
  readonly salt?: string;
  readonly secrets?: SealedSecrets;
}

/** Serial and salt stand at the top of a lock file, so that they outlive most accidents. Serial 0 when not found. */
export function salvage(text: string): Salvaged {
  const serial = /^ {2}"serial": (\d{1,15}),?$/m.exec(text)?.[1];
  const salt = /^ {2}"salt": "([A-Za-z0-9+/=]+)",?$/m.exec(text)?.[1];
  const secrets = salvagedSecrets(text);
  return {serial: Number(serial ?? 0), salt, ...(secrets && {secrets})};
}

/** Encrypted secrets stand at its end, and are whole or nothing. */
function salvagedSecrets(text: string): SealedSecrets | undefined {
  const at = text.lastIndexOf('\n  "secrets": {');
  if (at === -1) return undefined;
  try {
    const {secrets} = JSON.parse(`{${text.slice(at)}`) as {secrets: unknown};
    const read = sealedSchema.safeParse(secrets);
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
