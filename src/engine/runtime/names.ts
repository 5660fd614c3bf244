import {createHash} from 'node:crypto';
import {quote} from '../hosts/command.ts';
import type {HostScript} from './containers/host-script.ts';
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

// A hosts file is rewritten in place: containers bind-mount its inode, a rename would leave them the old one. Without
// truncating it first, and in one write that blanks the rest of a longer old text: who reads it meanwhile finds names.
const WRITE = String.raw`local $/;
my (undef, @files) = split /^== (.*)\n/m, <STDIN>;
while (my ($file, $text) = splice @files, 0, 2) {
  open my $handle, "+<", $file or do { next if $!{ENOENT}; die "$file: $!\n" };
  my $rest = (-s $handle) - length $text;
  my $all = $text . "\n" x ($rest > 0 ? $rest : 0);
  (syswrite($handle, $all) // -1) == length $all or die "$file: $!\n";
  truncate $handle, length $text or die "$file: $!\n";
}`;

/** Rewrites hosts files, by container, in one go, however many. Only of containers that are still there. */
export const writeHostsFiles = (files: ReadonlyMap<string, string>): HostScript => ({
  what: 'update names',
  text: [
    `perl -e ${quote(WRITE)} <<'end of names'`,
    ...[...files].map(([id, text]) => `== ${hostsPath(id)}\n${text.trimEnd()}`),
    'end of names',
    '',
  ].join('\n'),
});
