import type {LabStatus} from '../lab/lab-status.ts';
import type {Look, Style, View} from './look.ts';

/** Labs and their hosts, a line a host. */
export const labsView: View<readonly LabStatus[]> = {
  text: (labs, look) => (labs.length === 0 ? 'no labs on this machine' : table(labs, look)),
  json: labs => ({labs}),
};

/** A lab that was brought up, and what to type next. */
export const labUpView: View<LabStatus> = {
  text: (lab, look) =>
    [
      table([lab], look),
      '',
      `niyanta.yaml:  lab: ${lab.name}`,
      `a shell:       niyanta lab exec ${lab.hosts[0]?.name} --name ${lab.name} -- bash`,
      `the end:       niyanta lab down --name ${lab.name}`,
    ].join('\n'),
  json: lab => ({lab}),
};

function table(labs: readonly LabStatus[], {style}: Look): string {
  const head = ['LAB', 'HOST', 'ADDRESS', 'RELEASE', 'INIT', 'STATE'];
  const rows = labs.flatMap(lab =>
    lab.hosts.map(host => [lab.name, host.name, host.address, made(host), init(host), stateOf(lab, host)]),
  );
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [style.bold(line(head)), ...rows.map(row => painted(row.at(-1)!, line(row), style))].join('\n');
}

type Host = LabStatus['hosts'][number];

const made = (host: Host): string => (host.prepared ? host.release : `${host.release}, bare`);

const init = (host: Host): string => (host.systemd ? 'systemd' : 'plain');

const stateOf = (lab: LabStatus, host: Host): string => (lab.complete ? host.state : `half-made, ${host.state}`);

const painted = (state: string, line: string, style: Style): string =>
  state === 'running' ? line : style.yellow(line);
