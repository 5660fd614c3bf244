import type {EnvironmentDetails, EnvironmentRow} from '../list-environments.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {statePaint} from './ps-view.ts';
import {ago, until} from './quantities-view.ts';
import {table} from './tables.ts';

/** `env ls`. */
export const environmentsView: View<readonly EnvironmentRow[]> = {
  text: environmentsText,
  json: rows => ({environments: rows}),
};

function environmentsText(rows: readonly EnvironmentRow[], look: Look): string {
  if (rows.length === 0) return 'No environments yet. See: niyanta apply';
  return table(
    rows,
    [
      {title: 'ENVIRONMENT', value: row => row.environment},
      {title: 'STACK', value: row => row.stack},
      {title: 'STATE', value: row => row.state, paint: row => statePaint(row.state, look.style)},
      {title: 'REPLICAS', value: ({replicas}) => `${replicas.running}/${replicas.desired}`, align: 'right'},
      {title: 'CHANGED', value: row => (row.changedAt ? ago(row.changedAt, look.now) : '')},
      {title: 'EXPIRES', value: row => (row.expires ? until(row.expires, look.now) : '')},
      {title: 'WHY', value: row => row.why, shrinkTo: 20},
    ],
    look,
  );
}

/** `env show`. */
export const environmentView: View<EnvironmentDetails> = {text: environmentText};

function environmentText(details: EnvironmentDetails, look: Look): string {
  const {environment, stack, state, why, services, subnets, changedAt, from, expires} = details;
  const {style} = look;
  const name = style.bold(printable(`${stack}, environment ${environment}`));
  const changed = changedAt === undefined ? [] : [`Last change ${ago(changedAt, look.now)}.`];
  const made = from === undefined ? [] : [printable(`Made by command, like ${from}.`)];
  const ends = expires === undefined ? [] : [`Expires ${until(expires, look.now)}.`];
  const networks = Object.entries(subnets).map(([host, subnet]) => printable(`  ${host}: ${subnet}`));
  const list = table(
    services,
    [
      {title: 'SERVICE', value: row => row.service, always: true},
      {title: 'REPLICAS', value: row => `${row.running}/${row.desired}`, align: 'right', always: true},
      {title: 'HOSTS', value: row => row.hosts.join(', '), shrinkTo: 12},
      {title: 'NOTE', value: row => (row.stopped ? 'stopped on purpose' : '')},
    ],
    look,
  );
  return [
    `${name}: ${statePaint(state, style)(state)}, ${printable(why)}`,
    ...changed,
    ...made,
    ...ends,
    ...(services.length > 0 ? ['', list] : []),
    ...(networks.length > 0 ? ['', style.dim('Subnets'), ...networks] : []),
  ].join('\n');
}
