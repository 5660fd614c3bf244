import {quote} from '../../hosts/command.ts';
import type {ContainerId} from '../container-spec.ts';
import {bundlesFolder} from '../ctr.ts';
import {containersFolder} from '../paths.ts';

/** The checksum of a container's config as it was made, in md5sum's own format. */
export const recordPath = (id: ContainerId): string => `${containersFolder}/${id}.oci`;

/**
 * A line that records what a container was made with. containerd writes the same bytes at every start of its task, also
 * after a reboot (tried on 1.6, 1.7 and 2.1), so other bytes are another container under the same id.
 */
export const recordConfig = (id: ContainerId): string =>
  `md5sum ${quote(`${bundlesFolder}/${id}/config.json`)} >${quote(recordPath(id))} 2>/dev/null || rm -f ${quote(recordPath(id))}`;

/**
 * One process for all containers; the config holds secrets, so that not even its checksum leaves the host. Of a task
 * that is not there nothing is said.
 */
export const changedConfigs = `(cd ${containersFolder} 2>/dev/null && cat ./*.oci 2>/dev/null | LC_ALL=C md5sum --check 2>/dev/null | grep ': FAILED$')`;

/** Ids of the containers whose task runs with another config than they were made with. */
export function parseChangedConfigs(lines: readonly string[]): ReadonlySet<ContainerId> {
  return new Set(
    lines.flatMap(line => {
      const id =
        line.startsWith(`${bundlesFolder}/`) &&
        /^\/([^/]+)\/config\.json: FAILED$/.exec(line.slice(bundlesFolder.length));
      return id ? [id[1]!] : [];
    }),
  );
}
