import type {HostFacts} from './facts.ts';
import {factsMarker} from './facts-script.ts';
import {parseSockets, parseSocketTable} from './parse-sockets.ts';

/** Reads what `factsScript` printed; what stands before the first section and after the last is not looked at. */
export function parseFacts(text: string): HostFacts {
  const sections = sectionsOf(text);
  const of = (name: string): string => sections.get(name) ?? '';
  const [kernel = '', machine = ''] = of('uname').split(' ');
  const runc = /^runc version (\S+)/m.exec(of('runc'))?.[1];
  const packageManager = ({'apt-get': 'apt', dnf: 'dnf', apk: 'apk'} as const)[of('packages')];
  const containerd = containerdOf(sections);
  return {
    os: osOf(of('os')),
    kernel,
    architecture: architectures[machine] ?? machine,
    cpus: Number(of('cpus')) || 1,
    memory: Number(of('memory')) * 1024,
    disk: diskOf(of('disk')),
    cgroup: cgroupOf(of('cgroup')),
    ...(containerd ? {containerd} : {}),
    ...(runc === undefined ? {} : {runc: plainVersion(runc)}),
    cniPlugins: lines(of('cni')),
    iptables: of('iptables') !== '',
    init: of('init') === 'systemd' ? 'systemd' : 'other',
    ...(packageManager ? {packageManager} : {}),
    ...gpusOf(of('gpus')),
    listening: sections.has('sockets')
      ? parseSockets(of('sockets'))
      : (['tcp', 'tcp6', 'udp', 'udp6'] as const).flatMap(name => parseSocketTable(name, of(`socket-table-${name}`))),
    routes: sections.has('routes') ? routesOf(of('routes')) : routeTable(of('route-table')),
    ...addressesOf(of('addresses'), of('mtus'), of('routes')),
  };
}

const architectures: Readonly<Record<string, string>> = {x86_64: 'amd64', aarch64: 'arm64'};

function sectionsOf(text: string): ReadonlyMap<string, string> {
  const [, ...parts] = `\n${text}`.split(`\n${factsMarker}`);
  return new Map(
    parts.map(part => {
      const end = part.indexOf('\n');
      return end < 0 ? [part.trim(), ''] : [part.slice(0, end), part.slice(end + 1).trim()];
    }),
  );
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean);

/** `1.6.20` of `1.6.20~ds1`, `v2.1.4` and `1.1.5+ds1`. */
const plainVersion = (version: string): string => /\d+(\.\d+)+/.exec(version)?.[0] ?? version;

/** os-release(5): NAME=value, in quotes or not. */
function osOf(text: string): HostFacts['os'] {
  const field = (name: string): string | undefined => {
    const value = new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.trim();
    return value?.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(["'$`\\])/g, '$1');
  };
  const id = field('ID') ?? 'linux';
  return {id, version: field('VERSION_ID') ?? field('VERSION_CODENAME') ?? '', name: field('PRETTY_NAME') ?? id};
}

/** `df -kP`: the second line is file system, blocks of 1024 bytes, used, available, … */
function diskOf(text: string): HostFacts['disk'] {
  const [, total, , free] = /\s(\d+)\s+(\d+)\s+(-?\d+)\s+\S+\s+\S*$/.exec(lines(text).at(-1) ?? '') ?? [];
  return {total: Number(total ?? 0) * 1024, free: Math.max(0, Number(free ?? 0)) * 1024};
}

const cgroupOf = (text: string): HostFacts['cgroup'] => (text === 'v2' || text === 'hybrid' ? text : 'v1');

/** `ctr version` says the daemon's under `Server:`; without a daemon `containerd --version` says the binary's. */
function containerdOf(sections: ReadonlyMap<string, string>): HostFacts['containerd'] {
  const server = /^Server:[\s\S]*?^\s+Version:\s+(\S+)/m.exec(sections.get('containerd-socket') ?? '')?.[1];
  if (server !== undefined) return {version: plainVersion(server), running: true};
  const binary = /^containerd \S+ (\S+)/m.exec(sections.get('containerd-binary') ?? '')?.[1];
  return binary === undefined ? undefined : {version: plainVersion(binary), running: false};
}

/** `device /dev/nvidia0` each; then of each `Model: NVIDIA A100-SXM4-40GB` and `Device Minor: 0`, as the driver says it. */
function gpusOf(text: string): Pick<HostFacts, 'gpus'> {
  const kinds = new Map<number, string>();
  let model = '';
  for (const line of lines(text)) {
    model = /^Model:\s*(.+?)\s*$/.exec(line)?.[1] ?? model;
    const minor = /^Device Minor:\s*(\d+)/.exec(line)?.[1];
    if (minor !== undefined) kinds.set(Number(minor), model);
  }
  const minors = lines(text).flatMap(line => /^device \/dev\/nvidia(\d+)$/.exec(line)?.[1] ?? []);
  const gpus = minors
    .map(Number)
    .sort((a, b) => a - b)
    .map(minor => ({device: `/dev/nvidia${minor}`, ...(kinds.get(minor) && {kind: kinds.get(minor)!})}));
  return gpus.length === 0 ? {} : {gpus};
}

/** Destinations of `ip -4 route`, some of which say their type first; the default route overlaps with everything. */
function routesOf(text: string): string[] {
  const found = lines(text).flatMap(line => {
    const to = /^(?:[a-z]+ )?(\d+\.\d+\.\d+\.\d+)(\/\d+)?(?: |$)/.exec(line);
    return to ? [`${to[1]}${to[2] ?? '/32'}`] : [];
  });
  return [...new Set(found)].filter(route => route !== '0.0.0.0/0');
}

/** `2: eth0    inet 10.0.0.11/24 brd …`, `eth0 1500`, and `default via 10.0.0.1 dev eth0 src 10.0.0.11`. */
function addressesOf(text: string, mtus: string, routes: string): Pick<HostFacts, 'addresses' | 'defaultAddress'> {
  const mtuOf = new Map(lines(mtus).map(line => line.split(' ') as [string, string]));
  const addresses = lines(text).flatMap(line => {
    const [, device, address] = /^\d+: (\S+)\s+inet (\d+\.\d+\.\d+\.\d+)/.exec(line) ?? [];
    if (device === undefined || address === undefined) return [];
    return [{address, device, mtu: Number(mtuOf.get(device)) || 1500}];
  });
  const [, device, source] = /^default (?:.* )?dev (\S+)(?:.* src (\S+))?/m.exec(routes) ?? [];
  const chosen = source ?? addresses.find(own => own.device === device)?.address;
  return {addresses, ...(chosen === undefined ? {} : {defaultAddress: chosen})};
}

/** /proc/net/route, for hosts without `ip`: interface, destination, …, mask as little-endian hexadecimal. */
function routeTable(text: string): string[] {
  const found = lines(text).flatMap(line => {
    const [, to = '', , , , , , mask = ''] = line.trim().split(/\s+/);
    if (!/^[0-9A-F]{8}$/.test(to) || !/^[0-9A-F]{8}$/.test(mask) || mask === '00000000') return [];
    const address = [...Buffer.from(to, 'hex').reverse()].join('.');
    const length = [...Buffer.from(mask, 'hex')].reduce(
      (bits, byte) => bits + byte.toString(2).replaceAll('0', '').length,
      0,
    );
    return [`${address}/${length}`];
  });
  return [...new Set(found)];
}
