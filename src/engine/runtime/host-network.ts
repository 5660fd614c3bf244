import type {HostName} from '../spec/stack.ts';

/** One host's part of an environment's network: what stands in /var/lib/niyanta/overlays/BRIDGE. */
export interface HostNetwork {
  readonly bridge: string;
  /** CIDR of the environment's containers on this host. */
  readonly subnet: string;
  /** Of the bridge, its containers, and the device to other hosts. Bytes. */
  readonly mtu: number;
  /** Absent while no other host has containers of the environment. */
  readonly overlay?: Overlay;
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
export function networkText({subnet, mtu, overlay}: HostNetwork): string {
  const lines = [`subnet ${subnet}`, `mtu ${mtu}`];
  if (overlay) {
    const {device, vni, address, mac, port, peers} = overlay;
    lines.push(`vxlan ${device} ${vni} ${address} ${mac} ${port}`);
    for (const peer of peers) lines.push(`peer ${peer.host} ${peer.address} ${peer.subnet} ${peer.mac}`);
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
    return [{bridge, subnet, mtu, ...(overlay ? {overlay} : {}), wrong: complaints, pending}];
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
