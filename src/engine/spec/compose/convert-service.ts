import type {Tree} from '../tree.ts';
import {cpus, deploy, memory, replicas, restart} from './deploy-keys.ts';
import {configs, secrets} from './file-keys.ts';
import {healthcheck} from './health-key.ts';
import {build, envFile, environment, image} from './image-keys.ts';
import {labels} from './label-keys.ts';
import {dependsOn, logging, networkMode, networks, ownName, ports} from './network-keys.ts';
import {capabilities, readOnly, sameText, securityOptions, stopGrace, stopSignal, words} from './process-keys.ts';
import type {Key, ServiceContext} from './service-context.ts';
import {volumes} from './storage-keys.ts';
import {NEEDLESS, UNSUPPORTED} from './unsupported.ts';
import {placed} from './written.ts';

type Convert = (service: ServiceContext, key: Key) => void;

/** What each key of a Compose service becomes. */
const KEYS: Readonly<Record<string, Convert>> = {
  build,
  cap_add: (service, key) => capabilities(service, key, 'add'),
  cap_drop: (service, key) => capabilities(service, key, 'drop'),
  command: (service, key) => words(service, key, 'command'),
  configs,
  container_name: ownName,
  cpus,
  depends_on: dependsOn,
  deploy,
  entrypoint: (service, key) => words(service, key, 'entrypoint'),
  env_file: envFile,
  environment,
  healthcheck,
  hostname: ownName,
  labels,
  links: dependsOn,
  logging,
  mem_limit: memory,
  network_mode: networkMode,
  networks,
  ports,
  read_only: readOnly,
  restart,
  scale: replicas,
  secrets,
  security_opt: securityOptions,
  stop_grace_period: stopGrace,
  stop_signal: stopSignal,
  user: (service, key) => sameText(service, key, 'user'),
  volumes,
  working_dir: (service, key) => sameText(service, key, 'workdir'),
};

/** In this order they stand in a stack. */
export const KEY_ORDER = [
  'image',
  'build',
  'replicas',
  'needs',
  'env',
  'envFile',
  'secrets',
  'entrypoint',
  'command',
  'workdir',
  'user',
  'ports',
  'volumes',
  'files',
  'mounts',
  'health',
  'readOnly',
  'capabilities',
  'seccomp',
  'noNewPrivileges',
  'resources',
  'restart',
  'update',
  'placement',
  'stop',
  'logs',
  'labels',
];

/** One service of a Compose file as keys of a stack's service; what could not be carried goes to the notes. */
export function convertService(service: ServiceContext, tree: Tree): void {
  const path = ['services', service.composeName];
  const whole: Key = {value: tree, path, at: tree.at};
  const entries = service.entries(whole);
  const builds = entries.some(({name}) => name === 'build');
  for (const key of entries) {
    const convert = Object.hasOwn(KEYS, key.name) ? KEYS[key.name] : undefined;
    if (key.value.kind === 'scalar' && key.value.value === null && key.name !== 'command') continue;
    service.current = key;
    if (key.name === 'image') image(service, key, builds);
    else if (convert) convert(service, key);
    else if (Object.hasOwn(NEEDLESS, key.name)) service.note('needless', key, NEEDLESS[key.name]!);
    else if (Object.hasOwn(UNSUPPORTED, key.name)) service.note('lost', key, UNSUPPORTED[key.name]!);
    else if (!key.name.startsWith('x-') && key.name !== 'profiles' && key.name !== 'extends') {
      service.note('lost', key, 'no key that Compose has');
    }
  }
  // Compose leaves a container as it ended unless told otherwise.
  if (!service.keys.has('restart')) service.set('restart', placed('never'));
}
