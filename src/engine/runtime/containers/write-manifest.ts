import {quote} from '../../hosts/command.ts';
import type {ContainerSpec, Manifest} from '../container-spec.ts';
import {runtimeHash, specHash} from '../hashes.ts';
import * as paths from '../paths.ts';
import {reloadLines} from './container-files.ts';
import {type HostScript, replaceFile} from './host-script.ts';
import {labelLines} from './label-lines.ts';
import {identityLabels, userLabels} from './labels.ts';

/** The manifest of a container. `createdAt` is RFC 3339. */
export const manifestOf = (
  spec: ContainerSpec,
  {serial, createdAt, stopped = false}: {serial: number; createdAt: string; stopped?: boolean},
): Manifest => ({
  version: 1,
  spec,
  runtimeHash: runtimeHash(spec),
  specHash: specHash(spec),
  serial,
  createdAt,
  stopped,
});

/**
 * Gives a container that goes on running another manifest, for what needs no new container. `before`: what it was, so
 * that labels which are not wanted any more go, and files that changed are told.
 */
export const writeManifest = (manifest: Manifest, before?: Pick<ContainerSpec, 'labels' | 'files'>): HostScript => ({
  what: `update ${manifest.spec.service} ${manifest.spec.replica}`,
  text: [
    'set -eu',
    // Before the manifest, which tells the next plan that it was done.
    ...(before ? reloadLines(manifest.spec, before) : []),
    replaceFile(paths.manifestPath(manifest.spec.id), `${JSON.stringify(manifest)}\n`),
    ...labelLines(
      manifest.spec.id,
      ...identityLabels(manifest.spec),
      ...userLabels(manifest.spec),
      ...Object.keys(before?.labels ?? {})
        .filter(name => manifest.spec.labels[name] === undefined)
        .map(name => `${name}=`),
    ),
    '',
  ].join('\n'),
});

/** Marks a container as stopped on purpose, or not: the next apply leaves it so. */
export const rewriteManifest = (manifest: Manifest): HostScript => ({
  what: `note the state of ${manifest.spec.id}`,
  text: `set -eu\n${replaceFile(paths.manifestPath(manifest.spec.id), `${JSON.stringify(manifest)}\n`)}\ntest -e ${quote(paths.manifestPath(manifest.spec.id))}\n`,
});
