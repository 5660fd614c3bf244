import {copiesOnHosts} from './environment-copies.ts';
import {type FleetOptions, withFleet} from './fleet.ts';
import {rebuildLockFile} from './rebuild-lock-file.ts';
import type {Session} from './session.ts';
import type {LockFile} from './state/lock-file.ts';
import {ownerName} from './state/process-identity.ts';

/**
 * Makes the lock file anew from what the hosts run, and from the copies of the state that they keep. Hosts that do not
 * answer are an error unless allowed: what they run would be missing. Errors also: UserError `lock-held`,
 * `rebuild-two-stacks`.
 */
export async function rebuildState(session: Session, options: FleetOptions & {readonly now: Date}): Promise<LockFile> {
  const {project, store, hosts} = session;
  return await withFleet(hosts, {...options, ssh: session.ssh}, async fleet => {
    const copies = await copiesOnHosts(fleet, project.name);
    return await store.replace(old =>
      rebuildLockFile(fleet.observed, {
        ...old,
        copies,
        project: project.name,
        who: ownerName(),
        now: options.now,
      }),
    );
  });
}
