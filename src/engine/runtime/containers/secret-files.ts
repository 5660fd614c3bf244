import {quote} from '../../hosts/command.ts';
import type {ContainerId, ContainerSpec} from '../container-spec.ts';
import * as paths from '../paths.ts';

/** Contents of secrets as base64, by name. */
export type SecretContents = ReadonlyMap<string, string>;

const script = `${paths.toolkit}/secrets`;

/**
 * Lines that write a container's secret files, all or none of them: onto tmpfs, where they are mounted from, and unless
 * told otherwise on the host's disk, from where they are put back after a reboot. Contents pass through the shell's own
 * printf, so that they are in no process list.
 */
export function secretFileLines(spec: ContainerSpec, contents: SecretContents): readonly string[] {
  const {id, secretFiles = [], secretsAtRest} = spec;
  if (secretFiles.length === 0) return [];
  const mounted = `${paths.mountedSecretsFolder}/${id}`;
  const fresh = quote(`${mounted}.new`);
  return [
    `${quote(script)} room`,
    `rm -rf ${secretFolders(id)}`,
    `mkdir -m 700 ${fresh}`,
    ...secretFiles.flatMap(({name, mode, uid, gid}, index) => {
      const file = quote(`${mounted}.new/${index + 1}`);
      return [
        `(umask 077; printf %s ${quote(contents.get(name) ?? '')} | base64 -d >${file})`,
        `chown ${uid}:${gid} ${file}`,
        `chmod ${mode} ${file}`,
      ];
    }),
    ...(secretsAtRest === 'none' ? [] : [`${quote(script)} keep ${quote(id)}`]),
    `mv ${fresh} ${quote(mounted)}`,
  ];
}

/** What a container's secrets are in, done or half done, as words of sh. */
export const secretFolders = (id: ContainerId): string =>
  [paths.mountedSecretsFolder, paths.secretsFolder]
    .flatMap(folder => [quote(`${folder}/${id}`), quote(`${folder}/${id}.new`)])
    .join(' ');

/** A line that puts secret files back from the host's disk, where a container has some and tmpfs has lost them. */
export const restoreSecrets = (id: ContainerId): string =>
  `if [ -d ${quote(`${paths.secretsFolder}/${id}`)} ]; then ${quote(script)} up ${quote(id)}; fi`;
