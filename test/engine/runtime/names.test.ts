import {createHash} from 'node:crypto';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {hostsFile, type NamedPeer, namesFingerprint} from '../../../src/engine/runtime/names.ts';

const peer = (service: string, replica: number): NamedPeer => ({
  id: `${service}-${replica}-id`,
  service,
  replica,
  address: `10.0.${service.length}.${replica}`,
});
const peersOf = (services: Readonly<Record<string, number>>): NamedPeer[] =>
  Object.entries(services).flatMap(([service, count]) => Array.from({length: count}, (_, i) => peer(service, i + 1)));
const resolved = (file: string, called: string): string[] =>
  file.split('\n').flatMap(line => (line.split(' ')[1] === called ? [line.split(' ')[0]!] : []));

test('a hosts file, in full', () => {
  expect(hostsFile(peer('web', 2), peersOf({web: 2, api: 3})).split('\n')).toEqual([
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    '10.0.3.2 web-2',
    '10.0.3.2 api',
    '10.0.3.3 api',
    '10.0.3.1 api',
    '10.0.3.2 web',
    '10.0.3.1 web',
    '10.0.3.1 api-1',
    '10.0.3.2 api-2',
    '10.0.3.3 api-3',
    '10.0.3.1 web-1',
    '10.0.3.2 web-2',
    '',
  ]);
});

const fleet = fc.record({caller: fc.integer({min: 1, max: 12}), backend: fc.integer({min: 1, max: 12})});

test('every replica is found by its own name and by its service, whatever the order in which it is told', () => {
  fc.assert(
    fc.property(fleet, fc.infiniteStream(fc.nat()), (services, random) => {
      const peers = peersOf(services);
      const shuffled = peers
        .map(one => [random.next().value as number, one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one);
      for (const self of peers) {
        const file = hostsFile(self, peers);
        expect(hostsFile(self, shuffled)).toBe(file);
        expect(resolved(file, 'backend').sort()).toEqual(
          peers
            .filter(({service}) => service === 'backend')
            .map(({address}) => address)
            .sort(),
        );
        for (const {service, replica, address} of peers)
          expect(new Set(resolved(file, `${service}-${replica}`))).toEqual(new Set([address]));
        // One's own service begins with oneself.
        expect(resolved(file, self.service)[0]).toBe(self.address);
      }
    }),
  );
});

test('callers spread: none is the first choice of two callers more than another is', () => {
  fc.assert(
    fc.property(fleet, services => {
      const peers = peersOf(services);
      const chosen = new Map<string, number>();
      for (const self of peers.filter(({service}) => service === 'caller')) {
        const [first = ''] = resolved(hostsFile(self, peers), 'backend');
        chosen.set(first, (chosen.get(first) ?? 0) + 1);
      }
      const counts = Array.from({length: services.backend}, (_, i) => chosen.get(peer('backend', i + 1).address) ?? 0);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});

test('the fingerprint is the md5sum of the file', () => {
  const peers = peersOf({web: 2});
  const file = hostsFile(peers[0]!, peers);
  expect(namesFingerprint(peers[0]!, peers)).toEqual([createHash('md5').update(file).digest('hex')]);
});
