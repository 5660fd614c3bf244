import type {RoutedReplica, RouteRow, ShownRoutes} from '../list-routes.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {table} from './tables.ts';

/** `route ls`: what is served where, by which replicas, and how they are. */
export const routesView: View<ShownRoutes> = {text: routesText};

function routesText({routes, unreachable}: ShownRoutes, look: Look): string {
  const {style} = look;
  const silent = unreachable.map(({host, error}) => style.yellow(printable(`${host} does not answer: ${error}`)));
  if (routes.length === 0) return ['No routes. See: niyanta explain routes, niyanta plan', ...silent].join('\n');
  const rows = table(
    routes,
    [
      {title: 'ROUTE', value: row => row.route, shrinkTo: 16, always: true},
      {title: 'PROXY', value: row => row.proxy, shrinkTo: 6, always: true},
      {title: 'STATE', value: row => row.state, paint: row => (row.state === 'running' ? style.green : style.red)},
      {title: 'TLS', value: row => row.tls, dropOrder: 1},
      {title: 'SERVICE', value: row => `${row.service}:${row.port}`, shrinkTo: 10},
      {title: 'REPLICAS', value: replicasText, shrinkTo: 14},
    ],
    look,
  );
  return [rows, ...(silent.length > 0 ? ['', ...silent] : [])].join('\n');
}

/** `1 on h2, 2 on h3 unhealthy`; with shares where they are not the same. */
function replicasText({replicas}: RouteRow): string {
  if (replicas.length === 0) return 'none';
  const weighted = replicas.some(({share}) => share !== replicas[0]!.share);
  return replicas.map(one => replicaText(one, weighted)).join(', ');
}

function replicaText({replica, host, address, health, share}: RoutedReplica, weighted: boolean): string {
  const who = replica === undefined ? address : `${replica} on ${host}`;
  const ill = health === 'healthy' || health === 'none' ? '' : ` ${health}`;
  return `${who}${weighted ? ` ${Math.round(share)}%` : ''}${ill}`;
}
