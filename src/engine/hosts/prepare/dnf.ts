import {argv} from '../command.ts';
import type {PackageManager} from './packages.ts';

/** Fedora and its relatives. Untried: no such host was at hand; names as in Fedora's repositories. */
export const dnf: PackageManager = {
  name: 'dnf',
  tried: false,
  packages: {
    containerd: ['containerd'],
    runc: ['runc'],
    'cni-plugins': ['containernetworking-plugins'],
    iptables: ['iptables-nft'],
    iproute2: ['iproute'],
    perl: ['perl-interpreter'],
    'util-linux': ['util-linux'],
  },
  refresh: argv('dnf', '--quiet', 'makecache'),
  install: packages =>
    argv('dnf', '--quiet', '--assumeyes', '--setopt=install_weak_deps=False', 'install', ...packages),
};
