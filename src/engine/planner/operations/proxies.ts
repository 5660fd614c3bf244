import type {ReachableHost} from '../../runtime/observed.ts';
import type {ProxyRoute, ProxyRoutes} from '../../runtime/proxy/proxy-routes.ts';
import type {ProxySpec} from '../../runtime/proxy/proxy-spec.ts';
import type {HostName, ServiceName} from '../../spec/stack.ts';
import {canonical} from '../canonical.ts';
import {scopeOf} from '../ownership.ts';
import type {OperationId} from '../plan.ts';
import type {PlanInput} from '../plan-input.ts';
import {answeringAfter, isOf, ownSlice, refuseTaken, servingHosts, wantedProxy, wantedRoutes} from '../routes.ts';
import type {ReplicaSteps} from './container-operations.ts';
import type {OperationGraph} from './graph.ts';
import {movingServices} from './names.ts';
import {networkId} from './networks.ts';
import {hostId} from './preparations.ts';
import {routeChanges} from './route-changes.ts';

export const proxyOperationId = (host: HostName): OperationId => `proxy:${host}`;
export const routeOperationId = (host: HostName): OperationId => `route:${host}`;

/**
 * Proxies where there is something to serve, and this environment's routes on them: after the replicas that they lead
 * to, before what they led to is removed. Errors: those of `refuseTaken`.
 */
export function addProxies(
  graph: OperationGraph,
  input: PlanInput,
  hosts: readonly ReachableHost[],
  steps: readonly ReplicaSteps[],
): void {
  refuseTaken(input, hosts, steps);
  const serving = new Set(servingHosts(input, hosts).map(({host}) => host));
  const answers = answeringAfter(steps);
  // Who comes and goes, proxies are told at that moment, and all of them.
  const moving = movingServices(steps);
  const removals = steps.flatMap(step => step.removals.map(({id}) => id));
  for (const host of hosts) {
    if (!serving.has(host.host)) {
      leaveProxy(graph, input, host, 'it serves no routes of this environment any more');
      continue;
    }
    ensureProxy(graph, input, host);
    const before = ownSlice(host.proxy, scopeOf(input));
    const wanted = wantedRoutes(input, answers, before);
    const {reasons, changes} = routeChanges(before, wanted);
    const stale = host.proxy && !graph.get(proxyOperationId(host.host)) ? staleness(host, input) : [];
    if (before && standing(before, moving) === standing(wanted, moving) && stale.length === 0) continue;
    const id = routeOperationId(host.host);
    graph.add({
      id,
      kind: 'route',
      action: before ? 'update' : 'create',
      host: host.host,
      reason: [...reasons, ...stale].join('; ') || 'shares of replicas differ',
      changes,
      routes: wanted,
      ...(before && {before}),
    });
    graph.wait(id, hostId(host.host));
    graph.wait(id, proxyOperationId(host.host));
    for (const {host: other} of hosts) graph.wait(id, networkId(other));
    // A new route leads nowhere until the first replica is healthy, and goes live with it.
    if (before) for (const {main} of steps) if (main) graph.wait(id, main.id);
    for (const removal of removals) graph.prefer(removal, [id]);
  }
}

/** All of it, but for who answers for services that are changing. */
const standing = ({leaving: _, ...slice}: ProxyRoutes, moving: ReadonlySet<ServiceName>): string =>
  canonical({
    ...slice,
    routes: slice.routes.map(route => (moving.has(route.service) ? {...route, upstreams: []} : withShares(route))),
  });

/** Weights are relative: each 100 is as each 1. */
function withShares(route: ProxyRoute): ProxyRoute {
  const most = Math.max(1, ...route.upstreams.map(({weight}) => weight));
  return {...route, upstreams: route.upstreams.map(upstream => ({...upstream, weight: upstream.weight / most}))};
}

function staleness({proxy}: ReachableHost, input: PlanInput): readonly string[] {
  const {project, stack, environment} = scopeOf(input);
  if (proxy!.pending.includes(`${project}.${stack}.${environment}`)) return ['its last change was cut short'];
  return proxy!.serving ? [] : ['its proxy does not serve what its files say'];
}

function ensureProxy(graph: OperationGraph, input: PlanInput, {host, proxy, images}: ReachableHost): void {
  const wanted = wantedProxy(input);
  const same = proxy && canonical(proxy.spec) === canonical(wanted);
  if (same && proxy.running) return;
  const id = proxyOperationId(host);
  const others = proxy?.slices.filter(slice => !isOf(slice, scopeOf(input))) ?? [];
  const shared = [...new Set(others.map(({project, stack, environment}) => `${project}.${stack}.${environment}`))];
  const reason = !proxy ? 'there is none yet' : same ? 'it does not run' : 'it is to be another one';
  const from = proxy && proxyFields(proxy.spec);
  const to = proxyFields(wanted);
  graph.add({
    id,
    kind: 'proxy',
    action: proxy ? 'update' : 'create',
    host,
    reason: shared.length > 0 ? `${reason}; ${shared.join(', ')} will have it, too` : reason,
    changes: Object.keys({...from, ...to})
      .filter(path => from && from[path] !== to[path])
      .map(path => ({path, from: from![path], to: to[path], forces: true})),
    proxy: wanted,
    ...(proxy && {before: proxy.spec}),
  });
  graph.wait(id, hostId(host));
  const image = proxyImage(graph, input, host, images);
  if (image) graph.wait(id, image);
}

function proxyImage(
  graph: OperationGraph,
  {proxy}: PlanInput,
  host: HostName,
  images: ReachableHost['images'],
): OperationId | undefined {
  if (!proxy?.image) return undefined;
  const {source, label, pinned, bytes} = proxy.image;
  if (pinned && images.some(({name, digest}) => name === pinned.name && digest === pinned.digest)) return undefined;
  const id = `image:${host}:${label}`;
  if (graph.get(id)) return id;
  const reason = pinned ? 'not on this host' : 'not resolved yet';
  graph.add({
    id,
    kind: 'image',
    action: 'create',
    host,
    reason,
    changes: [],
    bytes: bytes?.[host],
    source,
    label,
    pinned,
  });
  graph.wait(id, hostId(host));
  return id;
}

/** Takes this environment's routes from a host's proxy, and the proxy when nobody else has any there. */
export function leaveProxy(
  graph: OperationGraph,
  input: Pick<PlanInput, 'project' | 'stack' | 'environment'>,
  {host, proxy}: ReachableHost,
  reason: string,
): void {
  const scope = scopeOf(input);
  const before = ownSlice(proxy, scope);
  const others = proxy?.slices.filter(slice => !isOf(slice, scope)) ?? [];
  if (!proxy || (!before && others.length > 0)) return;
  const empty = {...scope, routes: []};
  const id = routeOperationId(host);
  if (before) {
    const {changes} = routeChanges(before, empty);
    graph.add({id, kind: 'route', action: 'delete', host, reason, changes, routes: empty, before});
    graph.wait(id, hostId(host));
  }
  if (others.length > 0) return;
  const last = proxyOperationId(host);
  graph.add({
    id: last,
    kind: 'proxy',
    action: 'delete',
    host,
    reason: 'it serves nobody any more',
    changes: [],
    before: proxy.spec,
  });
  graph.wait(last, hostId(host));
  graph.wait(last, id);
}

const proxyFields = ({
  source,
  acme,
  log,
  ...rest
}: ProxySpec): Readonly<Record<string, string | number | undefined>> => ({
  ...rest,
  ...(source.kind === 'binary'
    ? {binary: source.path}
    : {image: source.image.source, 'image.digest': source.image.digest || undefined}),
  'acme.server': acme.server,
  'acme.email': acme.email,
  ...(acme.ca === undefined ? {} : {'acme.ca': `${acme.ca.length} bytes of PEM`}),
  'log.size': log.size,
  'log.files': log.files,
});
