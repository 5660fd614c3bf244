import {argv} from '../command.ts';
import type {PackageManager} from './packages.ts';

// Waits for an unattended upgrade that holds the lock, instead of failing.
const apt = (...words: readonly string[]) =>
  argv(
    ...['env', 'DEBIAN_FRONTEND=noninteractive', 'NEEDRESTART_MODE=l'],
    ...['apt-get', '--quiet', '--yes', '--option', 'DPkg::Lock::Timeout=60'],
    ...words,
  );

/** Debian and Ubuntu. */
export const aptGet: PackageManager = {
  name: 'apt',
  tried: true,
  packages: {
    containerd: ['containerd'],
    runc: ['runc'],
    'cni-plugins': ['containernetworking-plugins'],
    iptables: ['iptables'],
    iproute2: ['iproute2'],
    perl: ['perl-base'],
    'util-linux': ['util-linux'],
  },
  refresh: apt('update'),
  install: packages =>
    apt(
      ...['--option', 'Dpkg::Options::=--force-confdef', '--option', 'Dpkg::Options::=--force-confold'],
      ...['--no-install-recommends', 'install', '--', ...packages],
    ),
};
