import {quote, render} from '../../hosts/command.ts';
import {type HostScript, replaceFile, writeFile} from '../containers/host-script.ts';
import {labelLines} from '../containers/label-lines.ts';
import {logUri, noRestart} from '../containers/labels.ts';
import {environmentHandle} from '../containers/run-arguments.ts';
import {ctr} from '../ctr.ts';
import * as paths from '../paths.ts';
import {proxyArguments} from './proxy-arguments.ts';
import {type ProxySpec, proxyId} from './proxy-spec.ts';
import {type Basis, printProxyFiles} from './read-proxy.ts';

/** Exit code of a script whose basis has changed since. */
export const basisMoved = 75;
/** Exit code of a script whose configuration Caddy refused; why is on standard error. */
export const configRefused = 76;

const folder = quote(paths.proxyFolder);

/** One at a time on a host, whichever environment it is for; and only if nothing has changed since. */
const locked = ({sum}: Basis): readonly string[] => [
  'set -u',
  `mkdir -p ${[paths.runtime, paths.proxyRoutesFolder, paths.proxyPendingFolder, paths.proxyCertificatesFolder].map(quote).join(' ')} ${folder}/data ${folder}/run ${folder}/log ${folder}/root`,
  `chmod 700 ${folder} || exit 1`,
  `exec 8>>${quote(`${paths.runtime}/proxy.lock`)}`,
  'flock -w 60 8 || { echo "another change of the proxy has not ended for a minute" >&2; exit 1; }',
  `[ "$(${printProxyFiles} | sha256sum)" = ${quote(sum)} ] || exit ${basisMoved}`,
];

const admin = (...words: readonly string[]): string =>
  [`${paths.toolkit}/caddy-admin`, paths.proxySocketPath, ...words].map(quote).join(' ');

/** Sets `$running`: 1 while the proxy's task runs. */
const running = `running=$(${render(ctr('tasks', 'ls'))} | awk '$1 == "${proxyId}" && $3 == "RUNNING" {print 1}')`;

/** Starts it where it does not run, without waiting for containerd's restart monitor, which comes by every ten seconds. */
const wake = [
  'wake() {',
  `  ${running}`,
  '  [ -n "$running" ] && return',
  `  ${render(ctr('tasks', 'rm', '--force', proxyId))} >/dev/null 2>&1`,
  `  ${render(ctr('tasks', 'start', '--detach', '--log-uri', logUri({}), proxyId))} >/dev/null 2>&1`,
  '}',
];

/** Waits until Caddy says that it has this configuration: 0 when it has. */
const await_ = (id: string): readonly string[] => [
  'await() {',
  '  tries=0',
  `  until ${admin('GET', `/id/${id}`)} >/dev/null 2>&1; do`,
  '    tries=$((tries + 1)); [ $tries -lt 150 ] || return 1',
  '    [ $((tries % 20)) -ne 0 ] || wake',
  '    sleep 0.1',
  '  done',
  '}',
];

/**
 * Caddy opens a listener of its own for each configuration. Connections that wait in the former one's queue are reset when it
 * is closed, unless Linux (5.14 or later) may hand them to the new one.
 */
const migrate = '{ echo 1 >/proc/sys/net/ipv4/tcp_migrate_req; } 2>/dev/null';

export interface SliceFiles {
  /** `PROJECT.STACK.ENV`. */
  readonly name: string;
  /** Its routes as JSON; absent: it has none any more. */
  readonly text?: string;
  /** Own certificates and keys, by path. Secrets stand in this text alone. */
  readonly certificates: ReadonlyMap<string, string>;
}

/**
 * Gives the proxy an environment's routes. The files come first, with a mark that Caddy has yet to take them: a proxy
 * that is killed at any moment comes back with what the files say, and until Caddy has said that it has it, the next
 * plan finds the mark. What Caddy refuses is put back as it was. Exit: `basisMoved`, `configRefused`.
 */
export function writeSlice(
  basis: Basis,
  slice: SliceFiles,
  config: {readonly id: string; readonly text: string},
): HostScript {
  const path = `${paths.proxyRoutesFolder}/${slice.name}.json`;
  const [own, whole] = [quote(path), quote(paths.proxyConfigPath)];
  const pending = quote(`${paths.proxyPendingFolder}/${slice.name}`);
  const text = [
    ...locked(basis),
    ...wake,
    ...await_(config.id),
    'set -e',
    'umask 077',
    ...[...slice.certificates].map(([file, content]) => replaceFile(file, content)),
    `for file in ${own} ${whole}; do rm -f "$file.old"; [ ! -e "$file" ] || cp -p "$file" "$file.old"; done`,
    `: >${pending}`,
    slice.text === undefined ? `rm -f ${own}` : replaceFile(path, `${slice.text}\n`),
    replaceFile(paths.proxyConfigPath, config.text),
    'set +e',
    migrate,
    `said=$(${admin('POST', '/load', paths.proxyConfigPath)} 2>&1 >/dev/null); code=$?`,
    // One that does not run reads its files when it starts.
    'if [ $code -eq 7 ]; then wake; await && code=0; fi',
    'if [ $code -ne 0 ]; then',
    `  for file in ${own} ${whole}; do if [ -e "$file.old" ]; then mv -f "$file.old" "$file"; else rm -f "$file"; fi; done`,
    `  [ $code -ne 22 ] || rm -f ${pending}`,
    '  printf "%s\\n" "$said" >&2',
    `  [ $code -ne 22 ] || exit ${configRefused}`,
    '  exit 1',
    'fi',
    `rm -f ${own}.old ${whole}.old ${pending}`,
    ...staleCertificates(slice),
    '',
  ].join('\n');
  return {what: 'write its routes', text};
}

/** Certificates that no route of the environment has any more. */
const staleCertificates = ({name, certificates}: SliceFiles): readonly string[] => [
  `for file in ${quote(paths.proxyCertificatesFolder)}/${quote(name)}.*; do`,
  `  case $file in ${[...certificates.keys(), 'none'].map(quote).join(' | ')}) ;; *) rm -f "$file" ;; esac`,
  'done',
];

/** Makes the proxy, or makes it anew as another one: with the routes that its files have. Exit: `basisMoved`. */
export function makeProxy(
  basis: Basis,
  proxy: ProxySpec,
  config: {readonly id: string; readonly text: string},
): HostScript {
  const text = [
    ...locked(basis),
    ...wake,
    ...await_(config.id),
    ...removeTask,
    'set -e',
    `rm -f ${quote(paths.proxySocketPath)}`,
    replaceFile(paths.proxyPath, `${JSON.stringify(proxy)}\n`),
    replaceFile(paths.proxyConfigPath, config.text),
    ...(proxy.acme.ca === undefined ? [] : [writeFile(`${paths.proxyFolder}/acme-ca.pem`, proxy.acme.ca)]),
    `${render(ctr('run', '--detach', ...proxyArguments(proxy)))} ${environmentHandle}</dev/null`,
    'set +e',
    'if ! await; then',
    // What it said stands in its log; a proxy that cannot start is not tried over and over.
    `  tail -n 5 ${quote(paths.logPath(proxyId))} >&2; rm -f ${quote(paths.proxyPath)}; exit ${configRefused}`,
    'fi',
    `${render(ctr('containers', 'label', proxyId, 'containerd.io/restart.status=running'))} >/dev/null || exit 1`,
    `rm -f ${quote(paths.proxyPendingFolder)}/*`,
    '',
  ].join('\n');
  return {what: 'start the proxy', text};
}

/** Takes the proxy away with all it kept, unless an environment has routes there. Exit: `basisMoved`. */
export function removeProxy(basis: Basis): HostScript {
  const text = [
    ...locked(basis),
    `for file in ${quote(paths.proxyRoutesFolder)}/*.json; do [ ! -e "$file" ] || exit ${basisMoved}; done`,
    ...removeTask,
    `rm -rf ${folder}`,
    `rm -f ${quote(paths.logPath(proxyId))} ${quote(paths.logPath(proxyId))}.[0-9] ${quote(paths.startsPath(proxyId))}`,
    '',
  ].join('\n');
  return {what: 'remove the proxy', text};
}

/** Its requests are let come to an end, for ten seconds. */
const removeTask: readonly string[] = [
  ...labelLines(proxyId, noRestart),
  'if [ -n "$there" ]; then',
  `  ${render(ctr('tasks', 'kill', '--signal', 'SIGTERM', proxyId))} >/dev/null 2>&1`,
  '  tries=0',
  `  while ${running}; [ -n "$running" ] && [ $tries -lt 60 ]; do sleep 0.2; tries=$((tries + 1)); done`,
  `  ${render(ctr('tasks', 'rm', '--force', proxyId))} >/dev/null 2>&1`,
  `  ${render(ctr('containers', 'rm', proxyId))} || exit 1`,
  'fi',
  `${render(ctr('snapshots', 'rm', proxyId))} >/dev/null 2>&1`,
];
