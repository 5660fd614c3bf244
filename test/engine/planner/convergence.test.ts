import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Plan} from '../../../src/engine/planner/plan.ts';
import type {PlanInput} from '../../../src/engine/planner/plan-input.ts';
import {planStack} from '../../../src/engine/planner/plan-stack.ts';
import {clash} from '../../../src/engine/scheduler/ledger.ts';
import {UserError} from '../../../src/engine/spec/errors.ts';
import type {Stack} from '../../../src/engine/spec/stack.ts';
import {anyMachines, anyMeddling, anyStack, drain, type Machines, meddle} from './arbitraries.ts';
import {applyAll, finish, interleave} from './simulate.ts';
import {planInput, type World} from './world.ts';

const runs = {numRuns: 150};

/** The plan, or undefined where the stack fits on no host: that is a proper answer, tested elsewhere. */
function planned(world: World, {hosts}: Machines, desired: Stack, given: Partial<PlanInput> = {}): Plan | undefined {
  try {
    return planStack(planInput(world, desired, {hosts, ...given}));
  } catch (error) {
    if (error instanceof UserError && error.code === 'unplaceable') return undefined;
    throw error;
  }
}

const plan = (world: World, machines: Machines, desired: Stack): Plan =>
  planStack(planInput(world, desired, {hosts: machines.hosts}));

/** A stack that was applied, then whatever happened since, and the stack that is asked for now. */
const story = fc.record({
  machines: anyMachines,
  first: anyStack,
  second: anyStack,
  meddling: anyMeddling,
  drained: fc.array(fc.boolean(), {maxLength: 4}).map(all => all.map((one, index) => one && index > 0)),
  choices: fc.array(fc.nat(1000), {minLength: 5, maxLength: 60}),
  cut: fc.nat(40),
});

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** The world in which the second stack is planned. */
function before({machines, first, meddling, drained}: Story): World | undefined {
  const plan = planned(machines.world, machines, first);
  return plan && drain(meddle(applyAll(machines.world, plan), meddling), drained);
}

const chooser = (choices: readonly number[]) => {
  let next = 0;
  return (n: number) => choices[next++ % choices.length]! % n;
};

const addresses = (world: World) =>
  world.hosts.flatMap(({host, containers}) =>
    containers.flatMap(({manifest}) => (manifest ? [`${host} ${manifest.spec.network.address}`] : [])),
  );

const running = (world: World) =>
  world.hosts.flatMap(({containers}) =>
    containers.flatMap(({manifest, task}) => (manifest && task === 'running' ? [manifest.spec] : [])),
  );

/** Containers of the two hosts reach each other. */
const joined = (world: World, a: string, b: string): boolean => {
  const knows = (from: string, to: string) =>
    world.hosts
      .find(({host}) => host === from)!
      .networks.some(({bridge, overlay}) => bridge === 'ny00000001' && overlay?.peers.some(({host}) => host === to));
  return a === b || (knows(a, b) && knows(b, a));
};

test('applying a plan leaves nothing to plan', () => {
  fc.assert(
    fc.property(story, it => {
      const world = before(it);
      const change = world && planned(world, it.machines, it.second);
      fc.pre(change !== undefined);
      const after = applyAll(world!, change);
      const again = plan(after, it.machines, it.second);
      expect(again.operations).toEqual([]);
      expect(again.drift).toEqual([]);
      expect(again.placements.map(({host}) => host)).toEqual(change.placements.map(({host}) => host));
    }),
    runs,
  );
});

test('an apply killed at any moment converges with the next one, and leaves no orphan', () => {
  fc.assert(
    fc.property(story, it => {
      const world = before(it);
      const change = world && planned(world, it.machines, it.second);
      fc.pre(change !== undefined);
      const cut = interleave(world!, change, chooser(it.choices), undefined, it.cut).world;
      const repair = plan(cut, it.machines, it.second);
      const after = applyAll(cut, repair);
      expect(plan(after, it.machines, it.second).operations).toEqual([]);
      const wanted = it.second.services.flatMap(({name, replicas}) =>
        Array.from({length: replicas}, (_, index) => `${name}-${index + 1}`),
      );
      const found = after.hosts.flatMap(({containers}) =>
        containers.map(({manifest}) => `${manifest?.spec.service}-${manifest?.spec.replica}`),
      );
      expect(found.sort()).toEqual(wanted.sort());
    }),
    runs,
  );
});

test('an apply killed again and again converges, with the lock file lost on the way', () => {
  fc.assert(
    fc.property(story, fc.array(fc.nat(12), {maxLength: 4}), (it, cuts) => {
      const world = before(it);
      const change = world && planned(world, it.machines, it.second);
      fc.pre(change !== undefined);
      let state = world!;
      for (const cut of cuts) {
        const next = plan(state, it.machines, it.second);
        state = {...interleave(state, next, chooser(it.choices), undefined, cut).world};
      }
      const unlocked = {
        ...state,
        lock: undefined,
        hosts: state.hosts.map(host => ({...host, containers: host.containers.filter(one => one.manifest)})),
      };
      const after = applyAll(unlocked, plan(unlocked, it.machines, it.second));
      expect(plan(after, it.machines, it.second).operations).toEqual([]);
    }),
    runs,
  );
});

test('in any order of execution no two containers share an address or a host port', () => {
  fc.assert(
    fc.property(story, it => {
      const world = before(it);
      const change = world && planned(world, it.machines, it.second);
      fc.pre(change !== undefined);
      const end = interleave(world!, change, chooser(it.choices), state => {
        const all = addresses(state);
        expect(new Set(all).size).toBe(all.length);
        const ports = running(state).flatMap(({host, id, ports: list}) => list.map(port => ({host, id, port})));
        for (const a of ports) {
          for (const b of ports) {
            if (a.id === b.id || a.host !== b.host) continue;
            expect(clash(a.port, {...b.port, port: b.port.host}), `${a.id} and ${b.id} on port ${a.port.host}`).toBe(
              false,
            );
          }
        }
      });
      expect(end.finished).toBe(true);
      expect(plan(finish(end.world, change), it.machines, it.second).operations).toEqual([]);
    }),
    runs,
  );
});

test('in any order of execution what is needed runs, within reach, before its callers start', () => {
  fc.assert(
    fc.property(story, it => {
      const world = before(it);
      const change = world && planned(world, it.machines, it.second);
      fc.pre(change !== undefined);
      const known = new Set(running(world!).map(({id}) => id));
      interleave(world!, change, chooser(it.choices), state => {
        for (const caller of running(state)) {
          const desired = it.second.services.find(({name}) => name === caller.service);
          if (known.has(caller.id) || !desired) continue;
          known.add(caller.id);
          for (const needed of desired.needs) {
            const service = it.second.services.find(({name}) => name === needed)!;
            // What ends by itself under its restart policy is not awaited.
            if (service.replicas === 0 || service.restart !== 'always') continue;
            expect(
              running(state).some(one => one.service === needed && joined(state, one.host, caller.host)),
              `${caller.id} needs ${needed}`,
            ).toBe(true);
          }
        }
      });
    }),
    runs,
  );
});

test('in any order of execution an update stays within maxSurge and maxUnavailable', () => {
  fc.assert(
    fc.property(story, it => {
      const world = before({...it, meddling: [], drained: []});
      const change = world && planned(world, it.machines, it.second);
      fc.pre(change !== undefined);
      const count = (state: World, name: string) => running(state).filter(({service}) => service === name).length;
      const rolling = it.second.services.filter(({update, name}) => {
        // Ports that swap, and recreate, stop old ones before new ones start: the plan says so as an interruption.
        const parted = change.operations.some(
          one => one.kind === 'container' && one.service === name && one.action === 'replace' && one.how === 'create',
        );
        return update.strategy === 'rolling' && !parted;
      });
      interleave(world!, change, chooser(it.choices), state => {
        for (const {name, replicas, update} of rolling) {
          const mine = change.operations.filter(
            one => one.kind === 'container' && one.service === name && one.how === 'replace',
          );
          const forced = mine.some(one => one.kind === 'container' && one.order === 'stop-first');
          const start = count(world!, name);
          const most = Math.max(start, replicas) + Math.max(mine.length > 0 ? 1 : 0, update.maxSurge);
          const least = Math.min(start, replicas) - Math.max(forced ? 1 : 0, update.maxUnavailable);
          expect(count(state, name)).toBeLessThanOrEqual(most);
          expect(count(state, name)).toBeGreaterThanOrEqual(least);
        }
      });
    }),
    runs,
  );
});

test('the same input in another order gives the same plan', () => {
  fc.assert(
    fc.property(story, it => {
      const world = before(it);
      const change = world && planned(world, it.machines, it.second);
      fc.pre(change !== undefined);
      const turned: World = {
        ...world!,
        hosts: [...world!.hosts].reverse().map(host => ({...host, containers: [...host.containers].reverse()})),
      };
      const other = planned(
        turned,
        {...it.machines, hosts: [...it.machines.hosts].reverse()},
        {...it.second, services: [...it.second.services].reverse()},
      );
      const byId = (all: Plan['operations']) => [...all].sort((a, b) => (a.id < b.id ? -1 : 1));
      expect(byId(other!.operations)).toEqual(byId(change.operations));
      expect(other!.placements).toEqual(change.placements);
    }),
    runs,
  );
});

test('operation ids are unique, and every operation waits only for operations of the plan', () => {
  fc.assert(
    fc.property(story, it => {
      const world = before(it);
      const change = world && planned(world, it.machines, it.second);
      fc.pre(change !== undefined);
      const ids = change.operations.map(({id}) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const seen = new Set<string>();
      for (const {id, after} of change.operations) {
        for (const other of after) expect(seen.has(other), `${id} after ${other}`).toBe(true);
        seen.add(id);
      }
    }),
    runs,
  );
});
