import {join} from 'node:path';
import {newestApplied} from '../../environment-replicas.ts';
import type {StackSession} from '../../session.ts';
import {UserError} from '../../spec/errors.ts';
import {keepScaled} from '../../spec/scale-counts.ts';
import {projectSecretStore} from '../../state/project-secret-store.ts';
import {openSecrets, type Secrets} from '../../state/secrets.ts';
import {layOutBundle} from './bundles/lay-out-bundle.ts';
import {readBundle} from './bundles/read-bundle.ts';
import type {KeptBundle} from './environment-rows.ts';
import {reaching, type ServedParts} from './served-parts.ts';

/** The session of a stack that is served, out of its bundle. Its store is to be closed. */
export async function servedSession(
  parts: ServedParts,
  bundle: string | KeptBundle,
  what: 'look' | 'change',
): Promise<StackSession> {
  const {session: own, store, folder} = parts;
  const kept = typeof bundle === 'string' ? await store.bundle(bundle) : bundle;
  if (!kept) throw unknownBundle(bundle as string);
  const directory = await layOutBundle(folder, kept, store);
  const hosts = parts.hosts();
  const {project: sent, stack, places, environment} = await readBundle(directory);
  const project = {
    ...sent,
    hosts: [],
    registries: {...sent.registries, ...own.project.registries},
    secrets: {...sent.secrets, sources: own.project.secrets.sources, identity: own.project.secrets.identity},
  };
  const secretStore = projectSecretStore(project.secrets.file);
  const state = await parts.openState(project.name);
  const known = await state.read().catch(async error => {
    await state.close();
    throw error;
  });
  return {
    project,
    environment,
    stack: keepScaled(stack, newestApplied(known.environments[environment])?.stack),
    places,
    hosts,
    store: state,
    secretStore,
    identity: own.identity,
    secrets: bothSecrets(
      openSecrets(directory, own.ssh.env, {
        environment,
        sources: project.secrets.sources,
        identity: own.identity,
        store: secretStore,
      }),
      own.secrets,
    ),
    ssh: {...own.ssh, open: reaching(parts, what)},
    server: parts.mark(),
    imageCache: join(directory, '.niyanta', 'images'),
  };
}

/** Those that came with the stack, then the coordinator's own. */
const bothSecrets = (sent: Secrets, own: Secrets): Secrets => ({
  origins: () => sent.origins(),
  async values(names) {
    const known = new Set((await sent.origins()).map(({name}) => name));
    const here = names.filter(name => known.has(name));
    const there = names.filter(name => !known.has(name));
    return new Map([...(await sent.values(here)), ...(there.length === 0 ? [] : await own.values(there))]);
  },
});

export const unknownBundle = (sha256: string): UserError =>
  new UserError({
    code: 'unknown-bundle',
    message: `there is no bundle ${sha256}`,
    hint: 'Send it first; one that nothing refers to is removed a day after it was sent.',
  });
