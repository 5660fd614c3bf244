import {expect, test} from 'vitest';
import {planDestroy} from '../../../src/engine/planner/plan-destroy.ts';
import type {PlanInput} from '../../../src/engine/planner/plan-input.ts';
import type {ProxyRoutes} from '../../../src/engine/runtime/proxy/proxy-routes.ts';
import type {Route} from '../../../src/engine/spec/route.ts';
import {plan, told} from './planning.ts';
import {applyAll} from './simulate.ts';
import {emptyWorld, host, planInput, port, service, stack, type World} from './world.ts';

const proxy: PlanInput['proxy'] = {
  settings: {
    label: {proxy: 'true'},
    source: {kind: 'binary', path: '/usr/bin/caddy'},
    http: 80,
    https: 443,
    acme: {},
    log: {size: 1024 ** 2, files: 3},
  },
};
const route = (more: Partial<Route> = {}): Route => ({
  host: 'shop.example',
  path: '/',
  service: 'web',
  port: 8080,
  tls: {kind: 'off'},
  redirect: true,
  stripPath: false,
  timeouts: {connectMs: 3000},
  retries: {forMs: 5000, everyMs: 100},
  ...more,
});
/** Replicas on h1 and h3, a proxy on h2. */
const given = {hosts: [host('h1'), host('h2', {labels: {proxy: 'true'}}), host('h3')], proxy};
const web = (more: object = {}) =>
  service('web', {
    replicas: 2,
    placement: {require: {}, prefer: [], avoid: [], spread: 'host', allowMove: false},
    ...more,
  });
const shop = (...routes: Route[]) => ({...stack(web()), routes});
const settle = (world: World, desired: ReturnType<typeof shop>) => applyAll(world, plan(world, desired, given));
const served = settle(emptyWorld('h1', 'h2', 'h3'), shop(route()));
const slicesOn = ({hosts}: World) =>
  hosts.flatMap(one => one.proxy?.slices.map(slice => [one.host, slice] as const) ?? []);

test('a proxy where the label is, with its routes when it is there; then nothing is left to do', () => {
  const first = plan(emptyWorld('h1', 'h2', 'h3'), shop(route()), given);
  expect(told(first).filter(line => /proxy|route/.test(line))).toEqual([
    'create proxy@h2: there is none yet',
    'create route@h2: shop.example is new',
  ]);
  const {after} = first.operations.find(({kind}) => kind === 'route')!;
  expect(after).toEqual(expect.arrayContaining(['proxy:h2', 'network:h2']));
  expect(plan(served, shop(route()), given).operations).toEqual([]);
  const [[on, slice]] = slicesOn(served) as [[string, ProxyRoutes]];
  expect(on).toBe('h2');
  expect(slice.routes[0]!.upstreams.map(({port: at, service: of}) => `${of}:${at}`)).toEqual(['web:8080', 'web:8080']);
});

test('who was leaving when the routes were last written is no difference', () => {
  const leaving = [{address: '10.89.0.99', port: 8080}];
  const left = served.hosts.map(one =>
    one.proxy ? {...one, proxy: {...one.proxy, slices: one.proxy.slices.map(slice => ({...slice, leaving}))}} : one,
  );
  expect(plan({...served, hosts: left}, shop(route()), given).operations).toEqual([]);
});

test('a host with nothing but a proxy is in the network, and may ask containers on other hosts', () => {
  const networks = served.hosts.map(one => [
    one.host,
    one.networks[0]?.proxy,
    one.networks[0]?.overlay?.peers.map(({host: name}) => name),
  ]);
  const others = networks.find(([name]) => name === 'h2');
  expect(others).toEqual(['h2', true, expect.arrayContaining([expect.any(String)])]);
  expect(networks.filter(([, asks]) => asks)).toHaveLength(1);
});

test('what changes is told with old and new; replicas that come and go are no change of the routes', () => {
  const changed = plan(served, shop(route({port: 9000}), route({path: '/api'})), given);
  expect(told(changed)).toEqual(['update route@h2: shop.example/api is new; shop.example changes']);
  expect(changed.operations[0]!.changes).toEqual(
    expect.arrayContaining([
      expect.objectContaining({path: 'shop.example/api', to: 'web:8080, tls off'}),
      expect.objectContaining({path: 'shop.example.port', from: 8080, to: 9000}),
    ]),
  );
  const scaled = plan(served, {...stack(web({replicas: 1})), routes: [route()]}, given);
  expect(told(scaled).filter(line => /proxy|route/.test(line))).toEqual([]);
});

test('without routes, or without its environment, its slice goes, and the proxy with the last one', () => {
  expect(told(plan(served, shop(), given)).filter(line => /proxy|route/.test(line))).toEqual([
    'delete route@h2: it serves no routes of this environment any more',
    'delete proxy@h2: it serves nobody any more',
    'update network@h2: no proxy asks containers from here',
  ]);
  const {operations} = planDestroy(planInput(served, shop(route()), given), {volumes: false} as never);
  const ids = operations.map(({id}) => id);
  expect(ids).toEqual(expect.arrayContaining(['route:h2', 'proxy:h2']));
  for (const one of operations.filter(({kind}) => kind === 'container')) expect(one.after).toContain('route:h2');
});

test('another environment has its own beside them, not the same; the proxy stays for it', () => {
  const taken = Object.values(served.lock?.subnets ?? {});
  const staging = {...given, environment: 'staging', lock: undefined, takenSubnets: taken};
  expect(() => plan(served, shop(route()), staging)).toThrow(
    'shop.example is served on h2 for shop of project, environment default; shop of project, environment staging cannot have it, too',
  );
  const other = {...shop(), routes: [route({host: 'staging.example'})]};
  const both = applyAll(served, plan(served, other, staging));
  expect(slicesOn(both).map(([, {environment}]) => environment)).toEqual(['default', 'staging']);
  expect(told(plan(both, shop(), {...given, lock: served.lock})).filter(line => /proxy|route/.test(line))).toEqual([
    'delete route@h2: it serves no routes of this environment any more',
    'update network@h2: no proxy asks containers from here',
  ]);
});

test('a proxy that does not run, or does not serve what its files say, is put right', () => {
  const with_ = (more: object): World => ({
    ...served,
    hosts: served.hosts.map(one => (one.proxy ? {...one, proxy: {...one.proxy, ...more}} : one)),
  });
  expect(told(plan(with_({running: false, serving: false}), shop(route()), given))).toEqual([
    'update proxy@h2: it does not run',
  ]);
  expect(told(plan(with_({serving: false}), shop(route()), given))).toEqual([
    'update route@h2: its proxy does not serve what its files say',
  ]);
  expect(told(plan(with_({pending: ['project.shop.default']}), shop(route()), given))).toEqual([
    'update route@h2: its last change was cut short',
  ]);
});

test('nobody who serves is a warning; a port that the proxy needs is refused', () => {
  const nobody = plan(emptyWorld('h1'), shop(route()), {proxy});
  expect(nobody.warnings.join()).toContain('nobody serves shop.example: no host carries the label of a proxy');
  const taken = {
    ...stack(
      web({
        ports: [port(443)],
        placement: {require: {host: 'h2'}, prefer: [], avoid: [], allowMove: false},
        replicas: 1,
      }),
    ),
    routes: [route()],
  };
  expect(() => plan(emptyWorld('h1', 'h2', 'h3'), taken, given)).toThrow(
    'port 443 on h2 is published by shop, environment default, service web',
  );
});
