import type {ProxyRoute, ProxyRoutes} from '../../runtime/proxy/proxy-routes.ts';
import {routeName} from '../../spec/route.ts';
import {canonical} from '../canonical.ts';
import type {Change} from '../plan.ts';

/** What differs between the routes that a proxy has and those it is to have, route by route, and in words. */
export function routeChanges(
  before: ProxyRoutes | undefined,
  after: ProxyRoutes,
): {readonly reasons: readonly string[]; readonly changes: readonly Change[]} {
  const had = new Map(before?.routes.map(route => [routeName(route), route]));
  const has = new Map(after.routes.map(route => [routeName(route), route]));
  const came = [...has.keys()].filter(name => !had.has(name));
  const went = [...had.keys()].filter(name => !has.has(name));
  const stayed = [...has.keys()].filter(name => had.has(name));
  const inside = stayed.flatMap(name => fieldChanges(name, had.get(name)!, has.get(name)!));
  const changed = [...new Set(inside.map(({route}) => route))];
  const secrets = Object.keys({...before?.secrets, ...after.secrets}).filter(
    name => before && before.secrets?.[name] !== after.secrets?.[name],
  );
  return {
    reasons: [
      ...(came.length > 0 ? [`${came.join(', ')} ${came.length > 1 ? 'are' : 'is'} new`] : []),
      ...(changed.length > 0 ? [`${changed.join(', ')} ${changed.length > 1 ? 'change' : 'changes'}`] : []),
      ...(went.length > 0 ? [`${went.join(', ')} ${went.length > 1 ? 'go' : 'goes'}`] : []),
      ...(secrets.length > 0 ? [`secret ${secrets.join(', ')} changed`] : []),
    ],
    changes: [
      ...came.map(name => ({path: name, to: targetOf(has.get(name)!), forces: false})),
      ...inside.map(({change}) => change),
      ...went.map(name => ({path: name, from: targetOf(had.get(name)!), forces: false})),
      ...secrets.map(name => ({path: `secrets.${name}`, from: 'before', to: 'after', forces: false})),
    ],
  };
}

const targetOf = ({service, port, tls}: ProxyRoute): string => `${service}:${port}, tls ${tls.kind}`;

function fieldChanges(name: string, before: ProxyRoute, after: ProxyRoute) {
  const [from, to] = [fields(before), fields(after)];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter(field => canonical(from[field]) !== canonical(to[field]))
    .map(field => ({
      route: name,
      change: {path: `${name}.${field}`, from: from[field], to: to[field], forces: false} satisfies Change,
    }));
}

/** As people know them: of a certificate not its text, of replicas where they answer. */
function fields({upstreams, tls, host: _, path: __, ...rest}: ProxyRoute): Readonly<Record<string, unknown>> {
  const weighted = upstreams.some(({weight}) => weight !== upstreams[0]!.weight);
  return {
    ...rest,
    tls: tls.kind === 'own' ? `own, ${tls.key}` : tls.kind,
    ...(tls.kind === 'own' && {certificate: lastLine(tls.certificate)}),
    replicas: upstreams.map(({address, port, weight}) => `${address}:${port}${weighted ? ` (${weight})` : ''}`),
  };
}

/** Enough to tell two certificates apart. */
const lastLine = (pem: string): string => {
  const lines = pem.trim().split('\n');
  return `…${lines.at(-2)?.slice(-12)}`;
};
