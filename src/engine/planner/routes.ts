import type {ReachableHost} from '../runtime/observed.ts';
import type {ObservedProxy} from '../runtime/proxy/observed-proxy.ts';
import type {ProxyRoutes, Upstream} from '../runtime/proxy/proxy-routes.ts';
import type {ProxySpec} from '../runtime/proxy/proxy-spec.ts';
import {UserError} from '../spec/errors.ts';
import {keySecret, routeName} from '../spec/route.ts';
import type {HostName} from '../spec/stack.ts';
import type {ReplicaSteps} from './operations/container-operations.ts';
import {answersToName, compareReplicas, scopeOf} from './ownership.ts';
import type {NamedPeer, PlanInput, Scope} from './plan-input.ts';
import {weightsOf} from './split-weights.ts';

/** Whether a host of the project runs a proxy when there is something to serve. */
export function carriesLabel({project, proxy}: Pick<PlanInput, 'project' | 'proxy'>, host: HostName): boolean {
  const labels = project.hosts.find(({name}) => name === host)?.labels ?? {};
  return proxy !== undefined && Object.entries(proxy.settings.label).every(([key, value]) => labels[key] === value);
}

/** Those that serve the routes of the stack. */
export const servingHosts = <Host extends {readonly host: HostName}>(
  input: Pick<PlanInput, 'project' | 'proxy' | 'stack'>,
  hosts: readonly Host[],
): readonly Host[] => (input.stack.routes.length === 0 ? [] : hosts.filter(({host}) => carriesLabel(input, host)));

/** What the proxies of the project are to be. */
export function wantedProxy({proxy}: Pick<PlanInput, 'proxy'>): ProxySpec {
  const {label: _, source, ...rest} = proxy!.settings;
  if (source.kind === 'binary') return {source, ...rest};
  const {label = '', pinned} = proxy!.image ?? {};
  return {source: {kind: 'image', image: pinned ?? {source: label, name: '', digest: ''}}, ...rest};
}

/** The replicas of each service that answer when all steps are done, as the proxies know them. */
export function answeringAfter(steps: readonly ReplicaSteps[]): readonly NamedPeer[] {
  return steps
    .flatMap(({main, sorted: {bucket, replica}}): NamedPeer[] => {
      const of = {service: replica.service, replica: replica.replica};
      if (bucket === 'stop' || bucket === 'lost') return [];
      if (main?.spec) return [{...of, id: main.spec.id, address: main.spec.network.address}];
      const {current} = replica;
      if (!current?.manifest || !answersToName(current.container)) return [];
      return [{...of, id: current.id, address: current.manifest.spec.network.address}];
    })
    .sort((a, b) => compareReplicas(a, b) || (a.id < b.id ? -1 : 1));
}

/**
 * What a proxy of this environment is to have, when it has `before`. What a release that goes on has given a service is
 * left to it.
 */
export function wantedRoutes(
  input: PlanInput,
  answers: readonly NamedPeer[],
  before: ProxyRoutes | undefined,
): ProxyRoutes {
  const named = new Set(input.stack.routes.flatMap(({tls}) => (tls.kind === 'own' ? [keySecret(tls.key)] : [])));
  const secrets = Object.entries(input.secrets).filter(([name]) => named.has(name));
  return {
    ...scopeOf(input),
    routes: input.stack.routes.map(route => {
      const had = before?.routes.find(other => routeName(other) === routeName(route));
      const going = had && had.service === route.service && input.lock?.releases?.[route.service];
      if (!going) return {...route, upstreams: upstreamsOf(route, answers)};
      return {...route, ...(had.sticky && {sticky: had.sticky}), upstreams: had.upstreams};
    }),
    ...(secrets.length > 0 && {secrets: Object.fromEntries(secrets)}),
  };
}

function upstreamsOf(
  {service, port}: {readonly service: string; readonly port: number},
  answers: readonly NamedPeer[],
): readonly Upstream[] {
  const own = answers.filter(one => one.service === service);
  const ids = own.map(({id}) => id);
  const weights = weightsOf(ids, undefined);
  return own.map(({id, address}) => ({id, service, address, port, weight: weights.get(id)!}));
}

/** What this environment has on a host's proxy. */
export const ownSlice = (proxy: ObservedProxy | undefined, scope: Scope): ProxyRoutes | undefined =>
  proxy?.slices.find(slice => isOf(slice, scope));

export const isOf = (slice: Scope, scope: Scope): boolean =>
  slice.project === scope.project && slice.stack === scope.stack && slice.environment === scope.environment;

/**
 * Errors: UserError `route-taken` where another environment on a host has a route of this one; `port-conflict` where a
 * container publishes a port that the proxy needs.
 */
export function refuseTaken(input: PlanInput, hosts: readonly ReachableHost[], steps: readonly ReplicaSteps[]): void {
  const scope = scopeOf(input);
  for (const {host, proxy, containers} of servingHosts(input, hosts)) {
    for (const slice of proxy?.slices ?? []) {
      const taken = !isOf(slice, scope) && input.stack.routes.find(route => has(slice, routeName(route)));
      if (taken) throw routeTaken(routeName(taken), scope, slice, host);
    }
    const others = containers.flatMap(({manifest, task}) =>
      manifest && task === 'running' && !isOf(manifest.spec, scope) ? [manifest.spec] : [],
    );
    const own = steps.flatMap(({main, sorted: {replica}}) => main?.spec ?? replica.current?.manifest?.spec ?? []);
    for (const spec of [...others, ...own.filter(one => one.host === host)]) {
      const {http, https} = input.proxy!.settings;
      const port = spec.ports.find(one => one.protocol === 'tcp' && (one.host === http || one.host === https));
      if (port)
        throw portTaken(port.host, host, `${spec.stack}, environment ${spec.environment}, service ${spec.service}`);
    }
  }
}

const has = (slice: ProxyRoutes, name: string): boolean => slice.routes.some(route => routeName(route) === name);

const nameOf = ({project, stack, environment}: Scope): string => `${stack} of ${project}, environment ${environment}`;

const routeTaken = (route: string, own: Scope, other: Scope, host: HostName): UserError =>
  new UserError({
    code: 'route-taken',
    message: `${route} is served on ${host} for ${nameOf(other)}; ${nameOf(own)} cannot have it, too`,
    hint: 'Give one of them another host or path; an environment has its own with environments.NAME.routes.',
    exit: 1,
  });

const portTaken = (port: number, host: HostName, who: string): UserError =>
  new UserError({
    code: 'port-conflict',
    message: `port ${port} on ${host} is published by ${who}, and the proxy there needs it`,
    hint: 'Leave out that port, which a route can serve; or give the proxy others: proxy.http and proxy.https in niyanta.yaml.',
    exit: 1,
  });

/** Routes that nobody serves. */
export function routeWarnings(input: PlanInput): readonly string[] {
  const {routes} = input.stack;
  if (routes.length === 0 || input.project.hosts.some(({name}) => carriesLabel(input, name))) return [];
  const label = Object.entries(input.proxy?.settings.label ?? {}).map(([key, value]) => `${key}: "${value}"`);
  const names = routes.map(routeName).join(', ');
  return [
    `nobody serves ${names}: no host carries the label of a proxy (in niyanta.yaml: hosts.NAME.labels: {${label.join(', ')}})`,
  ];
}
