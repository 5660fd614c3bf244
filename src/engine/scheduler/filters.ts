import type {PublishedPort} from '../spec/stack.ts';
import {clash, type Ledger, portsOf} from './ledger.ts';
import type {CandidateHost, PlaceableReplica, PlaceableService} from './request.ts';

/** One replica asking for a place. */
export interface Asking {
  readonly service: PlaceableService;
  readonly replica: PlaceableReplica;
  readonly ledger: Ledger;
  /** Every service to place, by name. */
  readonly services: ReadonlyMap<string, PlaceableService>;
  readonly hosts: readonly CandidateHost[];
  /** Replicas that run may be sent elsewhere to make room; then they, too, have to fit. */
  readonly mayMove: boolean;
}

/** Why this host cannot take the replica; undefined when it can. */
export type Filter = (host: CandidateHost, asking: Asking) => string | undefined;

const staysAt = (host: CandidateHost, {replica}: Asking): boolean => replica.present?.host === host.name;

/** It has as much there already, and nobody may push it out. */
const holds = (host: CandidateHost, asking: Asking, what: 'cpu' | 'memory', need: number): boolean =>
  !asking.mayMove && staysAt(host, asking) && asking.replica.present?.resources[what] === need;

/** What runs is not asked again whether it could start; only whether it may stay. */
const isUsable: Filter = (host, asking) => (staysAt(host, asking) ? undefined : host.unusable);

const isNotDrained: Filter = host => (host.drained ? 'in drain' : undefined);

const hasLabels: Filter = (host, {service}) => {
  for (const [label, wanted] of Object.entries(service.rules.require).sort(byKey)) {
    const found = host.labels[label];
    if (found !== wanted)
      return `requires ${label}=${wanted}, has ${found === undefined ? 'none' : `${label}=${found}`}`;
  }
  return undefined;
};

const canRun: Filter = (host, asking) => {
  if (staysAt(host, asking)) return undefined;
  const missing = host.unsupported[asking.service.name] ?? [];
  return missing.length > 0 ? missing.join('; ') : undefined;
};

/**
 * A named volume is one folder on one host: everyone who mounts it is there, unless every service that mounts it may
 * leave its data (`allowMove`).
 */
const hasItsVolumes: Filter = (host, {service, services, ledger, hosts}) => {
  for (const volume of [...service.volumes].sort()) {
    const mounting = [...services.values()].filter(other => other.volumes.includes(volume));
    if (mounting.every(other => other.rules.allowMove)) continue;
    const users = ledger.hostsWithUsers(volume);
    const homes =
      users.length > 0 ? users : hosts.filter(other => other.volumes.includes(volume)).map(({name}) => name);
    if (homes.length > 0 && !homes.includes(host.name)) return `volume ${volume} is on ${[...homes].sort().join(', ')}`;
  }
  return undefined;
};

const fitsCpu: Filter = (host, asking) => {
  const need = asking.service.resources.cpu ?? 0;
  if (need === 0 || holds(host, asking, 'cpu', need)) return undefined;
  const free = host.capacity.cpu - host.reserved.cpu - usedByOthers(host, asking).cpu;
  // Hundredths of a core are as fine as people write; binary fractions must not make 0.1 + 0.2 too much.
  return need <= free + 1e-9 ? undefined : `needs ${cores(need)}, ${cores(Math.max(0, free))} free`;
};

const fitsMemory: Filter = (host, asking) => {
  const need = asking.service.resources.memory ?? 0;
  if (need === 0 || holds(host, asking, 'memory', need)) return undefined;
  const free = host.capacity.memory - host.reserved.memory - usedByOthers(host, asking).memory;
  return need <= free ? undefined : `needs ${bytes(need)}, ${bytes(Math.max(0, free))} free`;
};

const hasFreePorts: Filter = (host, asking) => {
  const {service, replica, ledger} = asking;
  const already = staysAt(host, asking) ? (replica.present?.ports ?? []) : [];
  const mates = ledger
    .on(host.name)
    .filter(claim => claim.service !== service.name || claim.replica !== replica.replica)
    .filter(claim => claim.decided || claim.service !== service.name)
    .flatMap(portsOf);
  for (const port of service.ports) {
    const mate = mates.find(taken => clash(port, taken));
    if (mate) return `port ${port.host}/${port.protocol} is taken by ${mate.by}`;
    if (already.some(held => samePort(held, port))) continue;
    const foreign = host.ports.find(taken => clash(port, taken));
    if (foreign) return `port ${port.host}/${port.protocol} is taken by ${foreign.by}`;
  }
  return undefined;
};

/** In the order in which a reader would ask; the first that objects explains the rejection. */
const filters: readonly Filter[] = [
  isUsable,
  isNotDrained,
  hasLabels,
  canRun,
  hasItsVolumes,
  hasFreePorts,
  fitsCpu,
  fitsMemory,
];

export const objection = (host: CandidateHost, asking: Asking): string | undefined => {
  for (const filter of filters) {
    const reason = filter(host, asking);
    if (reason !== undefined) return reason;
  }
  return undefined;
};

function usedByOthers(host: CandidateHost, {service, replica, ledger}: Asking) {
  const used = ledger.used(host.name);
  const own = ledger.on(host.name).find(c => c.service === service.name && c.replica === replica.replica);
  return {
    cpu: used.cpu - (own?.resources.cpu ?? 0),
    memory: used.memory - (own?.resources.memory ?? 0),
  };
}

const samePort = (a: PublishedPort, b: PublishedPort): boolean =>
  a.host === b.host && a.protocol === b.protocol && (a.address ?? '') === (b.address ?? '');

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const cores = (count: number): string => `${Math.round(count * 100) / 100} CPU`;

/** Rounded down to MiB where that says enough. */
const bytes = (count: number): string => {
  const mebibyte = 1024 * 1024;
  if (count >= 1024 * mebibyte && count % (1024 * mebibyte) === 0) return `${count / (1024 * mebibyte)} GiB`;
  return count >= mebibyte ? `${Math.floor(count / mebibyte)} MiB` : `${count} B`;
};
