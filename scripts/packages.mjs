// What has to be installed on this machine, in one place: npm's packages, and Debian's.
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import process from 'node:process';
import {root} from './node24.mjs';

/** Debian packages by what they are for: package → a program that tells whether it is there. */
export const debianPackages = {
  lab: {iproute2: 'ip', iptables: 'iptables', mmdebstrap: 'mmdebstrap', 'util-linux': 'nsenter', procps: 'ps'},
  images: {'busybox-static': 'busybox', buildah: 'buildah'},
  bench: {'ansible-core': 'ansible-playbook'},
  tests: {
    'openssh-client': 'ssh-keygen',
    'docker-registry': 'docker-registry',
    skopeo: 'skopeo',
    'apache2-utils': 'htpasswd',
    chromium: 'chromium',
    bsdutils: 'script',
    faketime: 'faketime',
    postgresql: 'pg_lsclusters',
    git: 'git',
    age: 'age',
    caddy: 'caddy',
    pebble: 'pebble',
    openssl: 'openssl',
    'nats-server': 'nats-server',
    prometheus: 'promtool',
  },
};

/** Installs npm's packages unless those in the package-lock are there already. Never runs install scripts. */
export function installModules() {
  if (sameModules()) return;
  process.stderr.write('installing npm packages: npm ci --ignore-scripts\n');
  // Without a page of warnings that this Node is too old: what needs a newer one runs under the one that comes with it.
  const {status} = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('npm ci failed; its own message is above');
}

/** Installs what is missing of the Debian packages of these purposes, on Debian as root; returns what is still missing. */
export function installDebianPackages(...purposes) {
  const wanted = Object.assign({}, ...purposes.map(purpose => debianPackages[purpose]));
  const missing = () => Object.keys(wanted).filter(name => !onPath(wanted[name]));
  const before = missing();
  if (before.length === 0 || process.getuid?.() !== 0 || !onPath('apt-get')) return before;
  process.stderr.write(`installing Debian packages: ${before.join(' ')}\n`);
  const env = {...process.env, DEBIAN_FRONTEND: 'noninteractive'};
  spawnSync('apt-get', ['update', '-qq'], {stdio: ['ignore', 2, 2], env});
  const install = ['install', '-qq', '--yes', '--no-install-recommends', ...before];
  // Services of these packages must not start on this machine.
  spawnSync('apt-get', install, {stdio: ['ignore', 2, 2], env: {...env, RUNLEVEL: '1'}});
  return missing();
}

function sameModules() {
  const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = packagesIn(join(root, 'package-lock.json')) ?? {};
  return Object.entries(wanted).every(([path, {version, optional}]) => {
    if (path === '') return true;
    if (installed[path] === undefined) return optional === true;
    return installed[path].version === version;
  });
}

const packagesIn = file => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined);

function onPath(program) {
  const folders = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`.split(':');
  return folders.some(folder => existsSync(join(folder, program)));
}
