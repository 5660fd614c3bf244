import {quote, render} from '../../hosts/command.ts';
import type {ContainerSpec, Manifest} from '../container-spec.ts';
import {ctr} from '../ctr.ts';
import {recordConfig} from '../deviations/recorded-config.ts';
import {hostnameOf, hostsFile, type NamedPeer} from '../names.ts';
import * as paths from '../paths.ts';
import {fileLines} from './container-files.ts';
import {bundleOf} from './end-shim.ts';
import {environmentFile} from './environment-file.ts';
import {type HostScript, replaceFile, writeFile} from './host-script.ts';
import {networkFiles} from './network-files.ts';
import {removeLines} from './remove-container.ts';
import {environmentHandle, runArguments} from './run-arguments.ts';
import {type SecretContents, secretFileLines} from './secret-files.ts';

export interface Creation {
  readonly manifest: Manifest;
  /** The environment with secrets in place; the manifest's has them by name. */
  readonly env: Readonly<Record<string, string>>;
  /** What its secret files hold; every one that the spec names. */
  readonly secretFiles?: SecretContents;
  /** Who it knows by name from its first moment, itself too. */
  readonly peers: readonly NamedPeer[];
  /** Version of containerd on the host. */
  readonly containerd: string;
  /** The image's entrypoint; needed only where the spec has a command. */
  readonly entrypoint: readonly string[];
}

/**
 * Creates and starts a container: its files, its network, its task. The manifest is written first, so that whatever
 * happens in between, the next plan knows whose leftovers these are; what an earlier try left is removed before.
 */
export function createContainer({manifest, env, secretFiles, peers, containerd, entrypoint}: Creation): HostScript {
  const {spec} = manifest;
  const {id} = spec;
  const self = {id, service: spec.service, replica: spec.replica, address: spec.network.address};
  const folder = paths.networkPath(id);
  const text = [
    'set -eu',
    // A first try needs no tidying: asking for these costs nothing, asking containerd does.
    `if [ -e ${quote(paths.manifestPath(id))} ] || [ -e ${bundleOf(quote(id))} ]; then`,
    ...removeLines(id),
    'fi',
    replaceFile(paths.manifestPath(id), `${JSON.stringify(manifest)}\n`),
    `mkdir -p ${quote(folder)}`,
    ...[...networkFiles(spec)].map(([name, content]) => writeFile(`${folder}/${name}`, content)),
    writeFile(paths.hostsPath(id), hostsFile(self, peers)),
    writeFile(paths.hostnamePath(id), `${hostnameOf(spec)}\n`),
    resolvLine(paths.resolvPath(id)),
    ...volumeLines(spec),
    ...fileLines(spec),
    ...secretFileLines(spec, secretFiles ?? new Map()),
    `${quote(`${paths.toolkit}/network`)} up ${quote(id)}`,
    // Through a pipe: its secrets are in no file and no process list.
    `${render(ctr('run', '--detach', ...runArguments(spec, {containerd, entrypoint})))} ${environmentHandle}<<'end of environment'`,
    `${environmentFile(`services.${spec.service}.env`, env)}end of environment`,
    recordConfig(id),
    '',
  ].join('\n');
  return {what: `start ${spec.service} ${spec.replica}`, text};
}

/** Writes a container's resolv.conf. A resolver on the host's own loopback (systemd-resolved's stub) cannot be reached from its network. */
export const resolvLine = (path: string): string =>
  `for resolv in /run/systemd/resolve/resolv.conf /etc/resolv.conf; do if [ -r $resolv ]; then break; fi; done
if [ -r $resolv ]; then
  while read -r word value; do
    case $word$value in nameserver127.* | nameserver::1*) ;; *) printf '%s\\n' "$word $value" ;; esac
  done <$resolv
fi >${quote(path)}`;

/** A volume is a folder that stays; the plan creates it, a reinstalled host gets it again. */
const volumeLines = ({volumes}: ContainerSpec): readonly string[] =>
  volumes.map(({source}) => `mkdir -p ${quote(source)}`);
