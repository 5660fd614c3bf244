import type {Fleet} from './fleet.ts';
import {registryAccess} from './registry-credentials.ts';
import {referenceName, registryDigest} from './runtime/images/index.ts';
import type {ReachableHost} from './runtime/observed.ts';
import type {Session} from './session.ts';
import {OutsideError} from './spec/errors.ts';

/** What a host has already under this name, else what the registry says, asked from the first host that answers. */
export async function askForDigest(
  session: Session,
  fleet: Fleet,
  reference: string,
  pull: boolean,
): Promise<string | undefined> {
  const name = referenceName(reference);
  const hosts = fleet.observed.filter((host): host is ReachableHost => host.reachable);
  const present = hosts.flatMap(host => host.images.filter(image => image.name === name));
  if (!pull && present[0]) return present[0].digest;
  const access = await registryAccess(session, reference);
  let failure: unknown;
  for (const {host} of hosts) {
    try {
      return await registryDigest(fleet.connection(host), reference, access);
    } catch (error) {
      // Another host may have a way to the registry that this one has not.
      if (!(error instanceof OutsideError && error.code === 'registry-unreachable')) throw error;
      failure ??= error;
    }
  }
  throw failure ?? nobodyToAsk(reference);
}

const nobodyToAsk = (reference: string): OutsideError =>
  new OutsideError({
    code: 'host-unreachable',
    message: `no host answers, so none can ask the registry what ${reference} is`,
    hint: 'Look at the hosts: niyanta doctor',
    transient: true,
  });
