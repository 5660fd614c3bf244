import type {ContainerOperation, Plan} from '../../../src/engine/planner/plan.ts';
import {planStack} from '../../../src/engine/planner/plan-stack.ts';
import type {ObservedContainer} from '../../../src/engine/runtime/observed.ts';
import type {Stack} from '../../../src/engine/spec/stack.ts';
import {applyAll, onContainer} from './simulate.ts';
import {emptyWorld, planInput, port, service, stack, volume, type World} from './world.ts';

export const plan = (world: World, desired: Stack, given: Parameters<typeof planInput>[2] = {}): Plan =>
  planStack(planInput(world, desired, given));

/** A world in which the stack runs. */
export const applied = (desired: Stack, ...hosts: string[]): World => {
  const world = emptyWorld(...(hosts.length > 0 ? hosts : ['h1', 'h2']));
  return applyAll(world, plan(world, desired));
};

/** `replace web-1@h1: env.A changed`. */
export const told = ({operations}: Plan) =>
  operations.map(one => {
    const what = one.kind === 'container' ? `${one.how} ${one.service}-${one.replica}` : `${one.action} ${one.kind}`;
    return `${what}@${one.host}: ${one.reason}`;
  });

export const containers = (of: Plan) =>
  of.operations.filter((one): one is ContainerOperation => one.kind === 'container');

export const meddled = (world: World, change: (one: ObservedContainer) => ObservedContainer): World => {
  const [found] = world.hosts.flatMap(one => one.containers.map(({id}) => ({name: one.host, id})));
  return onContainer(found!.name, found!.id, change)(world);
};

export const shop = stack(
  service('db', {volumes: [volume('rows')]}),
  service('backend', {replicas: 2, needs: ['db']}),
  service('web', {needs: ['backend'], ports: [port(80)]}),
);
