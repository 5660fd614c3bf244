import {quote} from '../../hosts/command.ts';
import * as paths from '../paths.ts';

const unitPath = '/etc/systemd/system/niyanta-boot.service';

/** A POSIX sh script that writes each file beside its place and renames it over; the version comes last. */
export function installScript(files: Readonly<Record<string, string>>, unit: string, version: string): string {
  const write = (path: string, text: string, mode: string) =>
    `printf %s ${quote(text)} >${quote(`${path}.new`)} && chmod ${mode} ${quote(`${path}.new`)} && mv -f ${quote(`${path}.new`)} ${quote(path)}`;
  const folders = [
    paths.toolkit,
    paths.containersFolder,
    paths.networksFolder,
    paths.overlaysFolder,
    paths.hostsFolder,
    paths.volumesFolder,
    paths.logsFolder,
  ];
  return [
    'set -eu',
    'umask 022',
    // Environments with different versions of niyanta may come at the same moment.
    `mkdir -p ${quote(paths.runtime)}`,
    `exec 9>>${quote(`${paths.runtime}/toolkit.lock`)}`,
    'flock 9',
    `mkdir -p ${folders.map(quote).join(' ')}`,
    `chmod 700 ${quote(paths.logsFolder)} ${quote(paths.containersFolder)}`,
    ...Object.entries(files).map(([name, text]) => write(`${paths.toolkit}/${name}`, text, '755')),
    `if [ -d /run/systemd/system ]; then`,
    write(unitPath, unit, '644'),
    'systemctl daemon-reload',
    'systemctl enable --quiet niyanta-boot.service',
    'fi',
    write(`${paths.toolkit}/version`, version, '644'),
    '',
  ].join('\n');
}
