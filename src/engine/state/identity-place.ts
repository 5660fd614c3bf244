import {homedir} from 'node:os';
import {join} from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Where the age key of this person comes from. */
export type IdentityPlace =
  /** The key itself, for CI: NIYANTA_AGE_IDENTITY. */
  {readonly kind: 'variable'; readonly text: string} | {readonly kind: 'file'; readonly path: string};

/** NIYANTA_AGE_IDENTITY, then NIYANTA_AGE_KEY_FILE, then what niyanta.yaml says, then ~/.config/niyanta/age.key. */
export function identityPlace(env: Env, configured: string | undefined): IdentityPlace {
  const text = env.NIYANTA_AGE_IDENTITY;
  if (text) return {kind: 'variable', text};
  const told = env.NIYANTA_AGE_KEY_FILE || configured;
  const config = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return {kind: 'file', path: told ?? join(config, 'niyanta', 'age.key')};
}
