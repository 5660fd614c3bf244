import type {HostFacts} from './facts.ts';

type Socket = HostFacts['listening'][number];

/** Listening sockets as `ss -Hlntup` prints them: protocol, state, two queues, local and peer address, process. */
export function parseSockets(text: string): Socket[] {
  const found = text.split('\n').flatMap((line): Socket[] => {
    const [protocol, , , , local = ''] = line.trim().split(/\s+/);
    const at = /^(.*):(\d+)$/.exec(local);
    if ((protocol !== 'tcp' && protocol !== 'udp') || !at) return [];
    const process = /users:\(\("([^"]*)"/.exec(line)?.[1];
    return [{protocol, address: plainAddress(at[1] ?? ''), port: Number(at[2]), ...(process ? {process} : {})}];
  });
  return inOrder(found);
}

/** Drops the brackets of IPv6 and the device that a socket is bound to; `*` is every address of both families. */
const plainAddress = (text: string): string =>
  text
    .replace(/%[^\]]*/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^\*$/, '::');

// States of include/net/tcp_states.h: 0A listens; 07 is an unconnected UDP socket.
const LISTENS = {tcp: '0A', udp: '07'} as const;

/** The same from /proc/net/{tcp,udp}[6], where `ss` is not installed; processes are not told there. */
export function parseSocketTable(name: 'tcp' | 'tcp6' | 'udp' | 'udp6', text: string): Socket[] {
  const protocol = name.startsWith('tcp') ? 'tcp' : 'udp';
  const found = text.split('\n').flatMap((line): Socket[] => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const at = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local);
    if (!at || state !== LISTENS[protocol]) return [];
    return [{protocol, address: address(at[1] ?? ''), port: Number.parseInt(at[2] ?? '', 16)}];
  });
  return inOrder(found);
}

/** The kernel prints addresses as 32-bit words in its own (little-endian) byte order. */
function address(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap(word => [...Buffer.from(word, 'hex').reverse()]);
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({length: 8}, (_, n) => (((bytes[2 * n] ?? 0) << 8) | (bytes[2 * n + 1] ?? 0)).toString(16));
  // URL knows how IPv6 addresses are shortened (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** One entry a socket, whoever shares it, by port. */
function inOrder(sockets: readonly Socket[]): Socket[] {
  const once = new Map(sockets.map(socket => [`${socket.protocol} ${socket.address} ${socket.port}`, socket]));
  return [...once.values()].sort(
    (a, b) => a.port - b.port || compare(a.protocol, b.protocol) || compare(a.address, b.address),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
