import {parseReference, type RegistryAccess} from './runtime/images/index.ts';
import type {Session} from './session.ts';
import {resolveSecrets, secretNames} from './state/secret-references.ts';

/** How the registry of a reference is reached, as niyanta.yaml says, its password looked up now. */
export async function registryAccess(session: Session, reference: string): Promise<RegistryAccess> {
  const registry = session.project.registries[parseReference(reference).registry];
  if (!registry) return {http: false};
  const {http, username, password} = registry;
  if (password === undefined) return {http, username};
  return {http, username, password: resolveSecrets(password, await session.secrets.values(secretNames([password])))};
}
