import {quote, render} from '../../hosts/command.ts';
import type {ContainerId} from '../container-spec.ts';
import {ctr} from '../ctr.ts';
import {recordPath} from '../deviations/recorded-config.ts';
import * as paths from '../paths.ts';
import {removeFiles} from './container-files.ts';
import {endShim} from './end-shim.ts';
import type {HostScript} from './host-script.ts';
import {labelLines} from './label-lines.ts';
import {noRestart} from './labels.ts';
import {secretFolders} from './secret-files.ts';

/** Lines that remove a container and everything that belongs to it, whatever of it there is. */
export function removeLines(id: ContainerId): readonly string[] {
  const name = quote(id);
  return [
    // The monitor must not start it again in between.
    ...labelLines(id, noRestart),
    'if [ -n "$there" ]; then',
    `  ${render(ctr('tasks', 'rm', '--force', id))} >/dev/null 2>&1 || :`,
    `  ${render(ctr('containers', 'rm', id))}`,
    'fi',
    ...endShim(name),
    // An interrupted creation leaves a snapshot without a container.
    `${render(ctr('snapshots', 'rm', id))} >/dev/null 2>&1 || :`,
    `if [ -x ${quote(`${paths.toolkit}/network`)} ]; then ${quote(`${paths.toolkit}/network`)} down ${name}; fi`,
    `rm -f ${[paths.hostsPath(id), paths.hostnamePath(id), paths.resolvPath(id), paths.envPath(id), paths.startsPath(id), paths.endsPath(id), recordPath(id)].map(quote).join(' ')}`,
    removeFiles(id),
    `rm -f ${quote(paths.logPath(id))} ${quote(paths.logPath(id))}.[0-9]`,
    `rm -rf ${secretFolders(id)}`,
    // Last: as long as it is there, the next plan knows that something may be left.
    `rm -f ${quote(paths.manifestPath(id))} ${quote(`${paths.manifestPath(id)}.new`)}`,
  ];
}

/** Removes a container, its snapshot, network, files and logs. Volumes stay. Idempotent. */
export const removeContainer = (id: ContainerId): HostScript => ({
  what: `remove ${id}`,
  text: ['set -eu', ...removeLines(id), ''].join('\n'),
});
