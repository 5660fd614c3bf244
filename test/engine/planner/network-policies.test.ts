import {expect, test} from 'vitest';
import {addressesAfterwards, addressesMeanwhile, policiesOn} from '../../../src/engine/planner/network-policies.ts';
import type {Bucket, Sorted} from '../../../src/engine/planner/reconcile.ts';
import type {Service} from '../../../src/engine/spec/stack.ts';

const service = (name: string, network?: object) => ({name, network}) as unknown as Service;
const own = (host: string, address: string) => ({host, id: address, manifest: {spec: {network: {address}}}});
const spec = (host: string, address: string) => ({host, network: {address}});

/** One replica: what it has, what it will have, what is only remembered. */
function sorted(
  bucket: Bucket,
  name: string,
  of: {current?: object; extras?: object[]; spec?: object; locked?: object; lostOn?: string},
) {
  const {current, extras = [], locked, lostOn} = of;
  return {bucket, replica: {service: name, current, extras, locked, lostOn}, spec: of.spec} as unknown as Sorted;
}
const told = (all: readonly {service: string; host: string; address: string}[]) =>
  all.map(({service, host, address}) => `${service} ${host} ${address}`);

test.each<[string, Sorted, string[], string[]]>([
  [
    'a replaced one has both addresses until it is done',
    sorted('replace', 'db', {current: own('h1', '.2'), spec: spec('h1', '.3')}),
    ['db h1 .2', 'db h1 .3'],
    ['db h1 .3'],
  ],
  [
    'one that moves, from both hosts',
    sorted('move', 'db', {current: own('h1', '.2'), spec: spec('h2', '.9')}),
    ['db h1 .2', 'db h2 .9'],
    ['db h2 .9'],
  ],
  ['one that goes', sorted('stop', 'db', {current: own('h1', '.2')}), ['db h1 .2'], []],
  ['one that is new', sorted('start', 'db', {spec: spec('h1', '.2')}), ['db h1 .2'], ['db h1 .2']],
  [
    'what an interrupted plan left',
    sorted('keep', 'db', {current: own('h1', '.2'), extras: [own('h1', '.1')], spec: spec('h1', '.2')}),
    ['db h1 .2', 'db h1 .1', 'db h1 .2'],
    ['db h1 .2'],
  ],
  ['one stopped on purpose', sorted('held', 'db', {current: own('h1', '.2')}), ['db h1 .2'], ['db h1 .2']],
  [
    'one on a host that does not answer',
    sorted('lost', 'db', {locked: {host: 'h3', address: '.7', container: 'x'}, lostOn: 'h3'}),
    ['db h3 .7'],
    ['db h3 .7'],
  ],
])('%s', (_, one, meanwhile, afterwards) => {
  expect(told(addressesMeanwhile([one]))).toEqual(meanwhile);
  expect(told(addressesAfterwards([one]))).toEqual(afterwards);
});

test('the old side of a release that is open, or that a person ends, stays let in', () => {
  const old = {current: own('h1', '.2'), spec: spec('h1', '.3')};
  const manual = sorted('replace', 'db', old);
  const byHand = {...manual, replica: {...manual.replica, desired: {update: {promote: 'manual'}}}} as unknown as Sorted;
  expect(told(addressesAfterwards([byHand]))).toEqual(['db h1 .2', 'db h1 .3']);
  const open = sorted('restart', 'db', {current: own('h1', '.3'), extras: [own('h1', '.2')], spec: spec('h1', '.3')});
  const lock = {releases: {db: {}}} as never;
  expect(told(addressesAfterwards([open], lock))).toEqual(['db h1 .3', 'db h1 .2', 'db h1 .3']);
  expect(told(addressesAfterwards([open]))).toEqual(['db h1 .3']);
});

const at = (name: string, host: string, address: string) => ({service: name, host, address});
const addresses = [
  at('web', 'h1', '.5'),
  at('web', 'h2', '.4'),
  at('db', 'h1', '.2'),
  at('db', 'h1', '.2'),
  at('batch', 'h2', '.8'),
];

test('each host guards its own containers, and lets in those of all hosts', () => {
  const services = [service('web'), service('db', {from: ['web'], egress: 'any'}), service('batch', {egress: 'none'})];
  expect(policiesOn('h1', services, addresses)).toEqual([
    {service: 'db', addresses: ['.2'], from: ['.4', '.5'], egress: 'any'},
  ]);
  expect(policiesOn('h2', services, addresses)).toEqual([{service: 'batch', addresses: ['.8'], egress: 'none'}]);
  expect(policiesOn('h3', services, addresses)).toBeUndefined();
});

test('nobody is let in where nobody is named; who asks for nothing has no policy', () => {
  expect(policiesOn('h1', [service('db', {from: [], egress: 'any'})], addresses)).toEqual([
    {service: 'db', addresses: ['.2'], from: [], egress: 'any'},
  ]);
  expect(policiesOn('h1', [service('db', {egress: 'any'}), service('web')], addresses)).toBeUndefined();
});
