import fc from 'fast-check';
import {expect, test} from 'vitest';
import {place} from '../../../src/engine/scheduler/place.ts';
import type {PlacementRequest} from '../../../src/engine/scheduler/request.ts';
import {ask, host, port, service} from './requests.ts';

const anyRequest = fc
  .record({
    hosts: fc.array(fc.record({cpu: fc.integer({min: 1, max: 4}), disk: fc.constantFrom('ssd', 'hdd')}), {
      minLength: 1,
      maxLength: 5,
    }),
    services: fc.array(
      fc.record({
        count: fc.integer({min: 0, max: 4}),
        cpu: fc.constantFrom(undefined, 0.5, 1),
        needs: fc.boolean(),
        published: fc.boolean(),
        disk: fc.constantFrom(undefined, 'ssd', 'hdd'),
      }),
      {minLength: 1, maxLength: 5},
    ),
  })
  .map(({hosts, services}) =>
    ask(
      hosts.map(({cpu, disk}, index) => host(`h${index}`, {capacity: {cpu, memory: 0}, labels: {disk}})),
      ...services.map((any, index) =>
        service(`s${index}`, any.count, {
          resources: {cpu: any.cpu},
          needs: any.needs && index > 0 ? [`s${index - 1}`] : [],
          ports: any.published ? [{...port, host: 80 + index}] : [],
          rules: {require: any.disk === undefined ? {} : {disk: any.disk}},
        }),
      ),
    ),
  );

const outcome = (request: PlacementRequest) => {
  try {
    return place(request).placements;
  } catch (error) {
    return (error as Error).message;
  }
};

test('the order of hosts and services never matters', () => {
  fc.assert(
    fc.property(anyRequest, request => {
      const turned = {...request, hosts: [...request.hosts].reverse(), services: [...request.services].reverse()};
      expect(outcome(turned)).toEqual(outcome(request));
    }),
  );
});

test('what was placed stays placed', () => {
  fc.assert(
    fc.property(anyRequest, request => {
      const first = outcome(request);
      fc.pre(typeof first !== 'string');
      const running = request.services.map(one => ({
        ...one,
        replicas: one.replicas.map(({replica}) => ({
          replica,
          present: {
            host: (first as Exclude<typeof first, string>).find(p => p.service === one.name && p.replica === replica)!
              .host,
            resources: one.resources,
            ports: one.ports,
          },
        })),
      }));
      const again = outcome({...request, services: running});
      const hostsOf = (list: ReturnType<typeof outcome>) =>
        typeof list === 'string' ? list : list.map(({host: name}) => name);
      expect(hostsOf(again)).toEqual(hostsOf(first));
    }),
  );
});
