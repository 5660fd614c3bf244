import {createHash} from 'node:crypto';
import {type Command, script} from '../hosts/command.ts';
import {hostsPath} from './paths.ts';

/** A container that answers to its service's name. */
export interface NamedPeer {
  readonly id: string;
  readonly service: string;
  readonly replica: number;
  readonly address: string;
}

/**
 * What an observation says of a right hosts file: the checksum of its text. (A host with a hundred containers has ten
 * thousand such lines; they need not travel.)
 */
export const namesFingerprint = (self: NamedPeer, peers: readonly NamedPeer[]): readonly string[] => [
  createHash('md5').update(hostsFile(self, peers)).digest('hex'),
];

/** The name that a container has for itself: `backend-2`. */
export const hostnameOf = ({service, replica}: Pick<NamedPeer, 'service' | 'replica'>): string =>
  `${service}-${replica}`;

/**
 * The names that a container shall know: every service with the addresses of its replicas, and each replica as
 * `SERVICE-N`. The order of a service's addresses is rotated from one container to the next, since most programs take
 * the first.
 */
function entries(self: NamedPeer, peers: readonly NamedPeer[]): readonly (readonly [string, string])[] {
  const sorted = [...peers].sort(byPlace);
  const services = [...Map.groupBy(sorted, ({service}) => service)];
  return [
    ...services.flatMap(([service, members]) =>
      rotated(members, turn(self, service, members)).map(({address}) => [service, address] as const),
    ),
    ...sorted.map(({service, replica, address}) => [`${service}-${replica}`, address] as const),
  ];
}

const byPlace = (a: NamedPeer, b: NamedPeer): number =>
  a.service < b.service ? -1 : a.service > b.service ? 1 : a.replica - b.replica || (a.address < b.address ? -1 : 1);

/** A replica's own service begins with itself; of others, callers begin one further each. */
function turn(self: NamedPeer, service: string, members: readonly NamedPeer[]): number {
  if (service !== self.service) return (self.replica - 1) % members.length;
  return Math.max(
    0,
    members.findIndex(({id}) => id === self.id),
  );
}

const rotated = <T>(list: readonly T[], by: number): readonly T[] => [...list.slice(by), ...list.slice(0, by)];

/** A container's /etc/hosts. */
export function hostsFile(self: NamedPeer, peers: readonly NamedPeer[]): string {
  const lines = [
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    `${self.address} ${hostnameOf(self)}`,
    ...entries(self, peers).map(([name, address]) => `${address} ${name}`),
  ];
  return `${lines.join('\n')}\n`;
}

// A hosts file is rewritten in place: containers bind-mount its inode, a rename would leave them the old one.
const WRITE = 'while [ $# -gt 0 ]; do if [ -e "$1" ]; then printf %s "$2" >"$1" || exit 1; fi; shift 2; done';

/** Rewrites hosts files, by container, in one go. Only of containers that are still there. */
export const writeHostsFiles = (files: ReadonlyMap<string, string>): Command =>
  script(WRITE, ...[...files].flatMap(([id, text]) => [hostsPath(id), text]));
