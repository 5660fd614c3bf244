/** What a host is, as found by one script. Sizes in bytes. */
export interface HostFacts {
  readonly os: {readonly id: string; readonly version: string; readonly name: string};
  readonly kernel: string;
  /** As Go and OCI say it: amd64, arm64. */
  readonly architecture: string;
  readonly cpus: number;
  readonly memory: number;
  /** Of the file system under /var/lib. */
  readonly disk: {readonly total: number; readonly free: number};
  readonly cgroup: 'v1' | 'hybrid' | 'v2';
  /** What prepare found; absent when not installed. Versions as `1.6.20`. */
  readonly containerd?: {readonly version: string; readonly running: boolean};
  readonly runc?: string;
  /** Names in the CNI plugin folder: bridge, portmap, static, … */
  readonly cniPlugins: readonly string[];
  readonly iptables: boolean;
  readonly init: 'systemd' | 'other';
  readonly packageManager?: 'apt' | 'dnf' | 'apk';
  /** GPUs, by their device nodes in order; absent without any. */
  readonly gpus?: readonly {readonly device: string; readonly kind?: string}[];
  /** Listening sockets of the host itself. */
  readonly listening: readonly {
    readonly protocol: 'tcp' | 'udp';
    readonly address: string;
    readonly port: number;
    readonly process?: string;
  }[];
  /** The host's own routes, as CIDR, so that subnets do not overlap them. */
  readonly routes: readonly string[];
  /** Its own IPv4 addresses, but for loopback; with what each packet on that link may have, in bytes. */
  readonly addresses: readonly {readonly address: string; readonly device: string; readonly mtu: number}[];
  /** The address that it has towards everyone else: of the default route. */
  readonly defaultAddress?: string;
}
