import {join} from 'node:path';
import type {Lab, LabHost} from './lab.ts';

/** The gateway is .1, host K is .(10 + K). */
const firstHost = 11;

/** The most hosts that a lab can have. */
export const mostHosts = 200;

/** `h1`, `h2`, …: the names of a lab's hosts in their order. */
export const hostName = (index: number): string => `h${index + 1}`;

export const hostAddress = (number: number, index: number): string => `10.200.${number}.${firstHost + index}`;

export const gatewayAddress = (number: number): string => `10.200.${number}.1`;

/** The network namespace with the lab's bridge, and the machine's own device in it. At most 15 characters. */
export const labDevice = (number: number): string => `nyl${number}`;

/** The host's network namespace and its cgroup. */
export const hostKeyName = (lab: Pick<Lab, 'number'>, host: Pick<LabHost, 'name'>): string =>
  `${labDevice(lab.number)}.${host.name}`;

/** The host's port on the lab's bridge. */
export const portName = (host: Pick<LabHost, 'name'>): string => `p-${host.name}`;

/** The same address has the same MAC after a reboot, as with a real network card: neighbours remember it. */
export const macAddress = (address: string): string =>
  ['02', '00', ...address.split('.').map(part => Number(part).toString(16).padStart(2, '0'))].join(':');

export const hostDirectory = (lab: Pick<Lab, 'directory'>, host: string): string => join(lab.directory, 'hosts', host);

/** Present while the host's cable is unplugged, so that a reboot does not plug it in. */
export const partitionMark = (lab: Pick<Lab, 'directory'>, host: string): string =>
  join(hostDirectory(lab, host), 'partitioned');

/** Numbers of labs in names such as `nyl17` and `nyl17.h1`. */
export function numbersInUse(deviceNames: readonly string[]): Set<number> {
  const numbers = deviceNames.map(name => /^nyl(\d+)(?:\.|$)/.exec(name)?.[1]);
  return new Set(numbers.filter(number => number !== undefined).map(Number));
}

/** The lowest number between 1 and 254 whose subnet is free; undefined when all are taken. */
export function freeNumber(taken: ReadonlySet<number>): number | undefined {
  for (let number = 1; number < 255; number++) if (!taken.has(number)) return number;
  return undefined;
}

/** Numbers whose subnet overlaps a route of the machine (as `ip -j route` writes destinations). */
export function numbersRouted(destinations: readonly string[]): Set<number> {
  const taken = new Set<number>();
  for (const destination of destinations) {
    const match = /^10\.200\.(\d+)\.\d+(?:\/(\d+))?$/.exec(destination);
    const bits = Number(match?.[2] ?? 32);
    if (!match || bits < 16) continue;
    const from = Number(match[1]);
    const count = bits >= 24 ? 1 : 2 ** (24 - bits);
    for (let number = from; number < from + count; number++) taken.add(number);
  }
  return taken;
}
