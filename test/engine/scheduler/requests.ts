import {place} from '../../../src/engine/scheduler/place.ts';
import type {CandidateHost, PlaceableService, PlacementRequest} from '../../../src/engine/scheduler/request.ts';

/** Bytes. */
export const mebibyte = 1024 * 1024;

export const host = (name: string, given: Partial<CandidateHost> = {}): CandidateHost => ({
  name,
  drained: false,
  capacity: {cpu: 2, memory: 1024 * mebibyte},
  reserved: {cpu: 0, memory: 0},
  ports: [],
  volumes: [],
  unsupported: {},
  ...given,
  labels: {host: name, ...given.labels},
});

type Given = Partial<Omit<PlaceableService, 'rules'>> & {
  rules?: Partial<PlaceableService['rules']>;
  present?: string[];
};

export const service = (name: string, count: number, {present = [], ...given}: Given = {}): PlaceableService => {
  const held = {resources: given.resources ?? {}, ports: given.ports ?? []};
  return {
    name,
    replicas: Array.from({length: count}, (_, index) => ({
      replica: index + 1,
      present: present[index] === undefined ? undefined : {host: present[index], ...held},
    })),
    needs: [],
    resources: {},
    ports: [],
    volumes: [],
    ...given,
    rules: {require: {}, prefer: [], avoid: [], allowMove: false, ...given.rules},
  };
};

export const ask = (hosts: CandidateHost[], ...services: PlaceableService[]): PlacementRequest => ({
  hosts,
  services,
  fixed: [],
});

/** `a1@h1 a2@h2`. */
export const where = (request: PlacementRequest): string =>
  place(request)
    .placements.map(placed => `${placed.service}${placed.replica}@${placed.host}`)
    .join(' ');

export const port = {host: 80, container: 8080, protocol: 'tcp' as const};
export const two = [host('h1'), host('h2')];
export const three = [...two, host('h3')];
export const disks = [
  host('h1', {labels: {disk: 'hdd'}}),
  host('h2', {labels: {disk: 'ssd'}}),
  host('h3', {labels: {disk: 'hdd'}}),
];
