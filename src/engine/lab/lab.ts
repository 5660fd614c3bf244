import type {Host} from '../spec/project.ts';

/** The Debian releases that a lab host can be. */
export const releases = ['bookworm', 'trixie', 'sid'] as const;

/** bookworm brings containerd 1.6, trixie 1.7, sid 2.x. */
export type Release = (typeof releases)[number];

/** A named set of throw-away hosts on this machine, as `lab.json` keeps it. */
export interface Lab {
  readonly name: string;
  /** Unique on this machine while the lab exists: its subnet is 10.200.NUMBER.0/24, its devices are called after it. */
  readonly number: number;
  /** Absolute path of the folder with everything the lab has on disk. */
  readonly directory: string;
  readonly createdAt: string;
  /** Absolute path of the private key that every host accepts, for root and for `deploy` (passwordless sudo). */
  readonly identityFile: string;
  readonly hosts: readonly LabHost[];
  /** False while `lab up` works on it, and for good when that was killed. */
  readonly complete: boolean;
}

export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly release: Release;
  /** Boots systemd instead of a plain init. */
  readonly systemd: boolean;
  /** With containerd; otherwise bare, with the packages in a local apt repository, for `host prepare` to install. */
  readonly prepared: boolean;
  /** `SHA256:…`, as ssh-keygen -l prints it. */
  readonly hostKey: string;
  /** Key of the cached root file system. */
  readonly root: string;
}

/** What is the matter with a host now. */
export type LabHostState = 'running' | 'off' | 'partitioned';

/** The hosts of a lab as a project has them: root over SSH, the key pinned, labelled with their release. */
export const labHosts = (lab: Lab): Host[] =>
  lab.hosts.map(host => ({
    name: host.name as Host['name'],
    local: false,
    address: host.address,
    port: 22,
    user: 'root',
    identityFile: lab.identityFile,
    hostKey: host.hostKey,
    sudo: false,
    connectTimeoutMs: 10_000,
    labels: {release: host.release},
    drain: false,
  }));
