import {expect, test} from 'vitest';
import {
  freeNumber,
  hostAddress,
  labDevice,
  macAddress,
  mostHosts,
  numbersInUse,
  numbersRouted,
} from '../../../src/engine/lab/names.ts';

test('devices and namespaces of labs tell their numbers', () => {
  expect(numbersInUse(['lo', 'eth0', 'nyl3', 'nyl17.h1', 'nyl17', 'nylon', 'nyl4x'])).toEqual(new Set([3, 17]));
});

test.each([
  ['10.200.7.0/24', [7]],
  ['10.200.7.9', [7]],
  ['10.200.8.0/22', [8, 9, 10, 11]],
  ['10.201.7.0/24', []],
  ['default', []],
])('a route to %s takes the subnets that it covers', (destination, numbers) => {
  expect([...numbersRouted([destination])]).toEqual(numbers);
});

test('a route to the whole pool leaves no subnet free', () => {
  expect(freeNumber(numbersRouted(['10.200.0.0/16']))).toBeUndefined();
  expect(freeNumber(new Set([1, 2, 4]))).toBe(3);
});

test('the last host of the last lab still has an address and a name that the kernel takes', () => {
  expect(hostAddress(254, mostHosts - 1)).toBe('10.200.254.210');
  expect(macAddress(hostAddress(254, 0))).toBe('02:00:0a:c8:fe:0b');
  expect(labDevice(254).length).toBeLessThanOrEqual(15);
});
