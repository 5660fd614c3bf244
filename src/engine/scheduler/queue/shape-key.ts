import {exact} from './amounts.ts';
import type {CustomerId, HostPort, Shape} from './request.ts';

/** The same text for shapes that fit the same workers, however they are written. */
export function shapeKey(shape: Shape, customer: CustomerId): string {
  const {cpu, memory, gpu, disk} = exact(shape.resources);
  const neighbours = [names(shape.avoid), names(shape.beside)];
  return JSON.stringify([
    [cpu, memory, gpu, disk],
    hostKey(shape),
    shape.ports.map(portKey).sort(),
    // Neighbours are those of the same customer: without any it does not matter whose workload it is.
    ...(shape.avoid.length + shape.beside.length > 0 ? [customer, ...neighbours] : []),
  ]);
}

/** The part of a shape that asks for nothing but what workers are. */
export const hostKey = (shape: Shape): string =>
  JSON.stringify([
    labels(shape.require),
    shape.prefer.map(({match, weight}) => JSON.stringify([labels(match), weight])).sort(),
    [...new Set(shape.exclude)].sort(),
  ]);

/** One workload name of one customer. */
export const neighbourKey = (customer: CustomerId, name: string): string => `${customer}\n${name}`;

export const portText = (port: HostPort): string =>
  `${port.address === undefined ? '' : `${port.address}:`}${port.host}/${port.protocol}`;

const portKey = ({address, host, protocol}: HostPort): string => `${address ?? ''} ${host} ${protocol}`;

const labels = (of: Readonly<Record<string, string>>) => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));

const names = (rules: readonly {readonly workload: string}[]) =>
  [...new Set(rules.map(({workload}) => workload))].sort();
