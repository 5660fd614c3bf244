import {logUri} from '../containers/labels.ts';
import * as paths from '../paths.ts';
import {type ProxySpec, proxyId} from './proxy-spec.ts';

/**
 * The words after `ctr run --detach`: Caddy in the host's network, with its folder of the host under the same name. The
 * host's own program brings nothing but itself: it sees the host's libraries, read-only, and nothing else of it.
 */
export function proxyArguments({source, memory}: ProxySpec): readonly string[] {
  const program = source.kind === 'binary' ? source.path : 'caddy';
  return [
    '--label',
    'niyanta.proxy=1',
    '--label',
    `containerd.io/restart.loguri=${logUri({})}`,
    '--label',
    'containerd.io/restart.policy=always',
    '--log-uri',
    logUri({}),
    '--net-host',
    ...['HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME'].flatMap(name => ['--env', `${name}=${paths.proxyFolder}/data`]),
    ...mount(paths.proxyFolder, 'rw'),
    ...(source.kind === 'binary' ? libraries.flatMap(path => mount(path, 'ro')) : []),
    ...(source.kind === 'binary' && !libraries.some(path => source.path.startsWith(`${path}/`))
      ? mount(source.path, 'ro')
      : []),
    ...(memory === undefined ? [] : ['--memory-limit', String(memory)]),
    ...(source.kind === 'binary' ? ['--rootfs', `${paths.proxyFolder}/root`] : [source.image.name]),
    proxyId,
    program,
    'run',
    '--config',
    paths.proxyConfigPath,
  ];
}

/** Where programs and their libraries, and the certificates of authorities, are on Debian and its like. */
const libraries = ['/usr', '/lib', '/lib64', '/etc/ssl'];

const mount = (path: string, access: 'ro' | 'rw'): readonly string[] => [
  '--mount',
  `type=bind,src=${path},dst=${path},options=rbind:${access}`,
];
