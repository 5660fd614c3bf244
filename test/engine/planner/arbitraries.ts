import fc from 'fast-check';
import type {Host} from '../../../src/engine/spec/project.ts';
import type {Service, Stack} from '../../../src/engine/spec/stack.ts';
import type {Atom} from './simulate.ts';
import {onContainer, onHost, remove} from './simulate.ts';
import {factsOf, gibibyte, host, observedHost, port, service, stack, type World} from './world.ts';

const names = ['api', 'cache', 'db', 'web'];

/** Needs point to names before one's own, so that there is no cycle. */
const anyService = (name: string): fc.Arbitrary<Service> => {
  const earlier = names.slice(0, names.indexOf(name));
  return fc
    .record({
      replicas: fc.integer({min: 0, max: 4}),
      tag: fc.integer({min: 1, max: 3}),
      needs: fc.subarray(earlier, {maxLength: Math.min(2, earlier.length)}),
      port: fc.option(fc.constantFrom(80, 81, 82), {nil: undefined, freq: 3}),
      volume: fc.option(fc.constantFrom('files', 'rows'), {nil: undefined, freq: 4}),
      readOnly: fc.boolean(),
      memory: fc.constantFrom(undefined, gibibyte / 4, gibibyte),
      recreate: fc.boolean(),
      surge: fc.constantFrom([1, 0], [2, 0], [0, 1], [1, 1], [0, 2]),
      disk: fc.option(fc.constantFrom('ssd', 'hdd'), {nil: undefined, freq: 4}),
      avoid: fc.subarray(
        names.filter(other => other !== name),
        {maxLength: 1},
      ),
      spread: fc.constantFrom(undefined, 'disk'),
      allowMove: fc.boolean(),
      path: fc.constantFrom('/', '/healthz'),
      variable: fc.constantFrom('a', 'b'),
      restart: fc.constantFrom('always' as const, 'on-failure' as const, 'never' as const),
    })
    .map(any =>
      service(name, {
        replicas: any.replicas,
        image: {kind: 'reference', reference: `${name}:${any.tag}`},
        needs: any.needs,
        ports: any.port === undefined ? [] : [port(any.port)],
        volumes: any.volume === undefined ? [] : [{volume: any.volume, target: '/data', readOnly: any.readOnly}],
        resources: {memory: any.memory},
        update: {
          strategy: any.recreate ? 'recreate' : 'rolling',
          maxSurge: any.surge[0]!,
          maxUnavailable: any.surge[1]!,
        },
        env: {VARIABLE: any.variable},
        restart: any.restart,
        health: {
          check: {kind: 'http', port: 80, path: any.path},
          intervalMs: 1,
          timeoutMs: 1,
          retries: 1,
          startPeriodMs: 0,
        },
        placement: {
          require: any.disk === undefined ? {} : {disk: any.disk},
          prefer: [],
          avoid: any.avoid.map(other => ({service: other})),
          spread: any.spread,
          allowMove: any.allowMove,
        },
      }),
    );
};

export const anyStack: fc.Arbitrary<Stack> = fc
  .subarray(names, {minLength: 1})
  .chain(chosen => fc.tuple(...chosen.map(anyService)))
  .map(services => {
    const there = new Set(services.map(({name}) => name));
    return stack(...services.map(one => ({...one, needs: one.needs.filter(name => there.has(name))})));
  });

export interface Machines {
  readonly hosts: readonly Host[];
  readonly world: World;
}

export const anyMachines: fc.Arbitrary<Machines> = fc
  .array(fc.record({disk: fc.constantFrom('ssd', 'hdd'), toolkit: fc.boolean()}), {minLength: 1, maxLength: 4})
  .map(all => ({
    hosts: all.map(({disk}, index) => host(`h${index + 1}`, {labels: {disk}})),
    world: {
      serial: 0,
      hosts: all.map(({toolkit}, index) =>
        observedHost(`h${index + 1}`, {
          toolkit: toolkit ? 'toolkit-1' : undefined,
          facts: factsOf(`h${index + 1}`, {
            listening: index === 0 ? [{protocol: 'tcp', address: '0.0.0.0', port: 82, process: 'nginx'}] : [],
          }),
        }),
      ),
    },
  }));

/** What someone else may do to one of the containers, by number. */
export const anyMeddling = fc.array(
  fc.record({
    which: fc.nat(20),
    what: fc.constantFrom('stop', 'remove', 'network', 'names', 'manifest', 'gone', 'pause', 'spec', 'leftovers'),
  }),
  {maxLength: 3},
);

export function meddle(world: World, meddling: readonly {which: number; what: string}[]): World {
  let state = world;
  for (const {which, what} of meddling) {
    const all = state.hosts.flatMap(({host: name, containers}) => containers.map(({id}) => ({host: name, id})));
    const victim = all[which % Math.max(1, all.length)];
    if (!victim) continue;
    const deeds: Record<string, Atom> = {
      stop: onContainer(victim.host, victim.id, one => ({...one, task: 'stopped', exitCode: 137, names: []})),
      remove: remove(victim.host, victim.id),
      network: onContainer(victim.host, victim.id, one => ({
        ...one,
        deviations: [{aspect: 'link', what: 'bridge deleted'}],
      })),
      names: onContainer(victim.host, victim.id, one => ({...one, names: ['nobody 10.0.0.1']})),
      manifest: onContainer(victim.host, victim.id, one => ({...one, manifest: undefined})),
      gone: onContainer(victim.host, victim.id, one => ({...one, task: 'gone', networkUp: false, names: []})),
      spec: onContainer(victim.host, victim.id, one => ({
        ...one,
        deviations: [{aspect: 'container', what: 'recreated'}],
      })),
      leftovers: onHost(victim.host, one => ({
        ...one,
        leftovers: [{kind: 'files', id: 'shop-default-web-9-0a0a0a', old: true}],
      })),
      pause: onContainer(victim.host, victim.id, one => ({...one, task: 'paused'})),
    };
    state = deeds[what]!(state);
  }
  return state;
}

export const drain = (world: World, drained: readonly boolean[]): World =>
  world.hosts.reduce(
    (state, {host: name}, index) => onHost(name, one => ({...one, drained: drained[index] ?? false}))(state),
    world,
  );
