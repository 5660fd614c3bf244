import type {HostFacts} from '../hosts/facts.ts';
import type {HostRow} from '../list-hosts.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {bytes} from './quantities-view.ts';
import {table} from './tables.ts';
import {hanging} from './text-layout.ts';

/** `host ls`. */
export const hostsView: View<readonly HostRow[]> = {text: hostsText, json: rows => ({hosts: rows})};

/** `host inspect`. */
export const hostView: View<HostRow> = {text: hostText};

function hostsText(rows: readonly HostRow[], look: Look): string {
  if (rows.length === 0) return 'No hosts. See: niyanta host add, or niyanta lab up';
  return table(
    rows,
    [
      {title: 'HOST', value: row => row.host},
      {title: 'ADDRESS', value: row => row.address, dropOrder: 3, shrinkTo: 12},
      {title: 'STATE', value: row => row.state, paint: row => statePaint(row, look)},
      {title: 'CPUS', value: row => text(row.facts?.cpus), align: 'right'},
      {title: 'MEMORY', value: row => (row.facts ? bytes(row.facts.memory) : ''), align: 'right'},
      {title: 'DISK FREE', value: row => (row.facts ? bytes(row.facts.disk.free) : ''), align: 'right'},
      {title: 'CONTAINERD', value: row => row.facts?.containerd?.version ?? ''},
      {title: 'OS', value: row => row.facts?.os.name ?? '', shrinkTo: 10, dropOrder: 1},
      {title: 'CONTAINERS', value: row => text(row.containers), align: 'right', dropOrder: 4},
      {title: 'LABELS', value: labelsText, shrinkTo: 8, dropOrder: 2},
      {title: 'PROBLEM', value: row => row.problem ?? '', shrinkTo: 16},
    ],
    look,
  );
}

const text = (value: number | undefined): string => (value === undefined ? '' : String(value));

const labelsText = ({labels, region}: HostRow): string =>
  [...(region ? [`region=${region}`] : []), ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)].join(
    ', ',
  );

function statePaint({state}: HostRow, {style}: Look) {
  return {ready: style.green, 'not prepared': style.yellow, draining: style.blue, unreachable: style.red}[state];
}

function hostText(row: HostRow, look: Look): string {
  const facts = row.facts;
  const lines: [string, string | undefined][] = [
    ['address', row.address],
    ['problem', row.problem],
    ['labels', labelsText(row)],
    ['system', facts && `${facts.os.name}, kernel ${facts.kernel}, ${facts.architecture}`],
    ['cpus', facts && String(facts.cpus)],
    ['memory', facts && bytes(facts.memory)],
    ['disk', facts && `${bytes(facts.disk.free)} free of ${bytes(facts.disk.total)}`],
    ['cgroups', facts?.cgroup],
    ['containerd', facts && containerdText(facts)],
    ['runc', facts && (facts.runc ?? 'not installed')],
    ['cni plugins', facts && (facts.cniPlugins.join(' ') || 'not installed')],
    ['iptables', facts && (facts.iptables ? 'installed' : 'not installed')],
    ['init', facts?.init],
    ['containers', text(row.containers)],
    ['ports in use', facts && portsText(facts)],
  ];
  const details = lines.flatMap(([name, value]) =>
    value ? hanging(`  ${name.padEnd(12)}  `, printable(value), look.columns) : [],
  );
  return [`${look.style.bold(printable(row.host))}: ${statePaint(row, look)(row.state)}`, ...details].join('\n');
}

const containerdText = ({containerd}: HostFacts): string =>
  containerd ? `${containerd.version}${containerd.running ? '' : ', not running'}` : 'not installed';

const portsText = ({listening}: HostFacts): string =>
  listening.map(({protocol, port, process}) => `${port}/${protocol}${process ? ` (${process})` : ''}`).join(', ');
