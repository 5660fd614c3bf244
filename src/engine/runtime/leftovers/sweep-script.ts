import {quote, render} from '../../hosts/command.ts';
import type {ContainerId} from '../container-spec.ts';
import {removeFiles} from '../containers/container-files.ts';
import type {HostScript} from '../containers/host-script.ts';
import {secretFolders} from '../containers/secret-files.ts';
import {ctr} from '../ctr.ts';
import {recordPath} from '../deviations/recorded-config.ts';
import * as paths from '../paths.ts';
import type {Leftover} from './leftover.ts';

/**
 * Removes what belongs to nothing on a host. Each is looked at again first: another environment may have begun to use
 * it since it was seen. Idempotent.
 */
export const sweep = (leftovers: readonly Leftover[]): HostScript => ({
  what: 'remove leftovers',
  text: ['set -eu', ...leftovers.flatMap(linesFor), ''].join('\n'),
});

function linesFor(leftover: Leftover): readonly string[] {
  switch (leftover.kind) {
    case 'files':
      return unowned(leftover.id, filesLines(leftover.id));
    case 'temporary':
      return [`rm -f ${quote(leftover.path)}`];
    case 'bridge':
      return bridgeLines(leftover.bridge, leftover.subnets);
    case 'ports':
      return unowned(leftover.id, leftover.chains.flatMap(chainLines));
    case 'namespace':
      return unowned(leftover.id, [`  ${quote(`${paths.toolkit}/network`)} down ${quote(leftover.id)}`]);
    case 'snapshot':
      return unowned(leftover.id, [`  ${render(ctr('snapshots', 'rm', leftover.id))} >/dev/null 2>&1 || :`]);
  }
}

/** Nobody writes a manifest for an id that is being swept: an id is never given twice. */
const unowned = (id: ContainerId, lines: readonly string[]): readonly string[] => [
  `if [ ! -e ${quote(paths.manifestPath(id))} ]; then`,
  ...lines,
  'fi',
];

function filesLines(id: ContainerId): readonly string[] {
  const network = quote(`${paths.toolkit}/network`);
  const files = [
    paths.hostsPath(id),
    paths.hostnamePath(id),
    paths.resolvPath(id),
    paths.startsPath(id),
    paths.endsPath(id),
    recordPath(id),
  ];
  return [
    `  if [ -d ${quote(paths.networkPath(id))} ]; then ${network} down ${quote(id)}; fi`,
    `  rm -f ${files.map(quote).join(' ')}`,
    `  ${removeFiles(id)}`,
    `  rm -f ${quote(paths.logPath(id))} ${quote(paths.logPath(id))}.[0-9]`,
    `  rm -rf ${secretFolders(id)}`,
  ];
}

/** Under the lock that networks are made under, so that none appears in between. */
const bridgeLines = (bridge: string, subnets: readonly string[]): readonly string[] => [
  `mkdir -p ${paths.runtime}`,
  '(',
  '  flock 9',
  `  if grep -qsF '"bridge":"${bridge}"' ${paths.containersFolder}/*.json; then exit 0; fi`,
  `  for port in /sys/class/net/${bridge}/brif/*; do if [ -e "$port" ]; then exit 0; fi; done`,
  `  ip link del ${bridge} 2>/dev/null || :`,
  ...subnets.map(
    subnet =>
      `  iptables -w -t nat -D POSTROUTING -s ${quote(subnet)} ! -d 224.0.0.0/4 ! -o ${bridge} -m comment --comment ${quote(`niyanta ${bridge}`)} -j MASQUERADE 2>/dev/null || :`,
  ),
  `) 9>${paths.runtime}/network.lock`,
];

/** A chain goes when nothing leads to it; rules are deleted by number, the last first, as their comments are hard to quote. */
const chainLines = (chain: string): readonly string[] => [
  `  for rule in $(iptables -w -t nat -S CNI-HOSTPORT-DNAT 2>/dev/null | awk -v chain=${quote(chain)} '$NF == chain {print NR - 1}' | sort -rn); do`,
  '    iptables -w -t nat -D CNI-HOSTPORT-DNAT "$rule"',
  '  done',
  `  iptables -w -t nat -F ${quote(chain)} 2>/dev/null || :`,
  `  iptables -w -t nat -X ${quote(chain)} 2>/dev/null || :`,
];
