import type {HostName, ServiceName} from '../spec/stack.ts';

/** One host's part of an environment's network: what stands in /var/lib/niyanta/overlays/BRIDGE. */
export interface HostNetwork {
  readonly bridge: string;
  /** CIDR of the environment's containers on this host. */
  readonly subnet: string;
  /** Of the bridge, its containers, and the device to other hosts. Bytes. */
  readonly mtu: number;
  /** The host's proxy asks containers on other hosts; nothing else of a host does. */
  readonly proxy?: true;
  /** Absent while no other host has containers of the environment. */
  readonly overlay?: Overlay;
  /** Of services that say who may reach them, or that they stay inside, and run here; absent when there are none. */
  readonly policies?: readonly NetworkPolicy[];
}

/** Who may talk to one service's containers on this host, and whether they may talk to the outside. */
export interface NetworkPolicy {
  readonly service: ServiceName;
  /** Of its containers on this host, sorted. */
  readonly addresses: readonly string[];
  /** Who of the environment may connect to them, sorted; everyone when absent. */
  readonly from?: readonly string[];
  readonly egress: 'any' | 'none';
}

/** The VXLAN device that leads to the environment's other hosts. */
export interface Overlay {
  readonly device: string;
  /** 24 bits; the same on all hosts of the environment. */
  readonly vni: number;
  /** Where other hosts reach this one. */
  readonly address: string;
  readonly mac: string;
  /** UDP, on all hosts. */
  readonly port: number;
  /** Sorted by host. */
  readonly peers: readonly NetworkPeer[];
}

export interface NetworkPeer {
  readonly host: HostName;
  /** Where this host reaches it. */
  readonly address: string;
  readonly subnet: string;
  readonly mac: string;
}

/** As found on a host. */
export interface ObservedNetwork extends HostNetwork {
  /** What is not as its file says, in words: `device nv1a2b3c4d is missing`. */
  readonly wrong: readonly string[];
  /** Setting it up was cut short. */
  readonly pending: boolean;
}

/** Its file: lines that the toolkit's `overlay` reads. */
export function networkText({subnet, mtu, proxy, overlay, policies = []}: HostNetwork): string {
  const lines = [`subnet ${subnet}`, `mtu ${mtu}`, ...(proxy ? ['proxy'] : [])];
  if (overlay) {
    const {device, vni, address, mac, port, peers} = overlay;
    lines.push(`vxlan ${device} ${vni} ${address} ${mac} ${port}`);
    for (const peer of peers) lines.push(`peer ${peer.host} ${peer.address} ${peer.subnet} ${peer.mac}`);
  }
  for (const {service, addresses, from, egress} of policies) {
    lines.push(`policy ${service} ${egress} ${from ? 'closed' : 'open'}`);
    for (const address of addresses) lines.push(`at ${address}`);
    for (const address of from ?? []) lines.push(`from ${address}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Reads the lines `BRIDGE:LINE` of all files of a host, and `BRIDGE WHAT` of what is wrong with them. */
export function parseNetworks(files: readonly string[], wrong: readonly string[]): readonly ObservedNetwork[] {
  const byBridge = Map.groupBy(files, line => line.slice(0, line.indexOf(':')).replace(/^\.\//, ''));
  return [...byBridge].flatMap(([bridge, lines]) => {
    const words = lines.map(line => line.slice(line.indexOf(':') + 1).split(' '));
    const of = (key: string) => words.find(([first]) => first === key)?.slice(1);
    const complaints = wrong.filter(line => line.startsWith(`${bridge} `)).map(line => line.slice(bridge.length + 1));
    const pending = of('pending') !== undefined;
    if (pending) complaints.push('setting it up was cut short');
    const [subnet, mtu] = [of('subnet')?.[0], Number(of('mtu')?.[0])];
    if (bridge.endsWith('.new') || subnet === undefined || !Number.isInteger(mtu)) return [];
    const overlay = overlayOf(of('vxlan'), words);
    const policies = policiesOf(words);
    const proxy = of('proxy') !== undefined && ({proxy: true} as const);
    const parts = {...proxy, ...(overlay ? {overlay} : {}), ...(policies.length > 0 ? {policies} : {})};
    return [{bridge, subnet, mtu, ...parts, wrong: complaints, pending}];
  });
}

function overlayOf(vxlan: readonly string[] | undefined, lines: readonly (readonly string[])[]): Overlay | undefined {
  const [device, vni, address, mac, port] = vxlan ?? [];
  if (device === undefined || address === undefined || mac === undefined) return undefined;
  const peers = lines.flatMap(([key, host, at, subnet, peerMac]) =>
    key === 'peer' && host && at && subnet && peerMac ? [{host, address: at, subnet, mac: peerMac}] : [],
  );
  return {device, vni: Number(vni), address, mac, port: Number(port), peers};
}

/** Each begins with its own line; the addresses after it are its own. */
function policiesOf(lines: readonly (readonly string[])[]): readonly NetworkPolicy[] {
  const starts = lines.flatMap(([key], index) => (key === 'policy' ? [index] : []));
  return starts.map((start, index) => {
    const [, service = '', egress, entrance] = lines[start]!;
    const own = lines.slice(start + 1, starts[index + 1]);
    const all = (key: string) => own.flatMap(([word, address]) => (word === key && address ? [address] : []));
    return {
      service,
      addresses: all('at'),
      ...(entrance === 'closed' ? {from: all('from')} : {}),
      egress: egress === 'none' ? 'none' : 'any',
    };
  });
}
