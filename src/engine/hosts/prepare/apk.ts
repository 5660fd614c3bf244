import {argv} from '../command.ts';
import type {PackageManager} from './packages.ts';

/** Alpine. Untried: no such host was at hand; names as in Alpine's community repository. */
export const apk: PackageManager = {
  name: 'apk',
  tried: false,
  packages: {
    containerd: ['containerd', 'containerd-ctr'],
    runc: ['runc'],
    'cni-plugins': ['cni-plugins'],
    iptables: ['iptables'],
    iproute2: ['iproute2'],
    perl: ['perl'],
    'util-linux': ['util-linux', 'flock', 'setsid'],
  },
  refresh: argv('apk', 'update', '--quiet'),
  install: packages => argv('apk', 'add', '--quiet', '--no-progress', ...packages),
};
