import type {Command} from '../command.ts';

/** What a host needs beyond a kernel. */
export type Need = 'containerd' | 'runc' | 'cni-plugins' | 'iptables' | 'iproute2' | 'perl' | 'util-linux';

/** How a distribution installs things. Commands are values; they run as root. */
export interface PackageManager {
  readonly name: 'apt' | 'dnf' | 'apk';
  /** False: written from its manual, never run by its authors. Said in the output. */
  readonly tried: boolean;
  /** What each need is called there. */
  readonly packages: Readonly<Record<Need, readonly string[]>>;
  /** Fetches the lists of what there is. */
  readonly refresh: Command;
  /** Installs without asking; keeps configuration files that an administrator changed. */
  install(packages: readonly string[]): Command;
}
