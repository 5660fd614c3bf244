import type {ContainerSpec} from './runtime/container-spec.ts';
import {naming} from './runtime/naming.ts';
import type {ObservedHost} from './runtime/observed.ts';
import type {VolumeBackup} from './spec/backup.ts';
import {UserError} from './spec/errors.ts';
import type {HostName, Stack} from './spec/stack.ts';
import {didYouMean} from './spec/suggest.ts';

/** A container that mounts a volume. */
export interface VolumeUser {
  readonly spec: ContainerSpec;
  readonly running: boolean;
  readonly writes: boolean;
}

/** A named volume of an environment on one host. */
export interface VolumeOnHost {
  readonly volume: string;
  readonly host: HostName;
  /** `PROJECT.STACK.ENV/NAME`, and its folder on the host. */
  readonly folder: string;
  readonly path: string;
  readonly users: readonly VolumeUser[];
  /** As the stack says; absent when it says nothing of backups, or does not have the volume any more. */
  readonly backup?: VolumeBackup;
}

interface Scope {
  readonly project: string;
  readonly stack: Pick<Stack, 'name' | 'volumes'>;
  readonly environment: string;
}

/** Every volume of an environment that is on a host that answers, by name and host. */
export function volumesNow(observed: readonly ObservedHost[], scope: Scope): readonly VolumeOnHost[] {
  const {project, stack, environment} = scope;
  const prefix = naming.volumeFolder({project, stack: stack.name, environment}, '');
  const found = observed.flatMap(host => {
    if (!host.reachable) return [];
    return host.volumes.flatMap((folder): VolumeOnHost[] => {
      if (!folder.startsWith(prefix)) return [];
      const volume = folder.slice(prefix.length);
      const users = host.containers.flatMap(({manifest, task}): VolumeUser[] => {
        const spec = manifest?.spec;
        const mount =
          spec?.project === project && spec.stack === stack.name && spec.environment === environment
            ? spec.volumes.find(one => one.volume === volume)
            : undefined;
        if (!spec || !mount || task === 'gone') return [];
        return [{spec, running: task === 'running' || task === 'paused', writes: !mount.readOnly}];
      });
      const path = naming.volumePath({project, stack: stack.name, environment}, volume);
      const backup = stack.volumes.find(({name}) => name === volume)?.backup;
      return [{volume, host: host.host, folder, path, users, ...(backup && {backup})}];
    });
  });
  return found.sort((a, b) => (a.volume < b.volume ? -1 : a.volume > b.volume ? 1 : a.host < b.host ? -1 : 1));
}

/** The volumes of these names, all with a backup when none is named. Errors: UserError `unknown-volume`, `no-backup`. */
export function volumesToBackUp(all: readonly VolumeOnHost[], stack: Pick<Stack, 'volumes'>, names: readonly string[]) {
  const missing = names.find(name => !all.some(({volume}) => volume === name));
  if (missing !== undefined) throw unknownVolume(missing, all, stack);
  const wanted = all.filter(({volume}) => names.length === 0 || names.includes(volume));
  if (names.length === 0 && !stack.volumes.some(({backup}) => backup)) throw noBackup(stack.volumes[0]?.name ?? 'data');
  const without = names.length > 0 && wanted.find(({backup}) => !backup);
  if (without) throw noBackup(without.volume);
  return wanted.flatMap(one => (one.backup ? [{...one, backup: one.backup}] : []));
}

/** The one volume of this name: on the host, where it is on several. */
export function oneVolume(
  all: readonly VolumeOnHost[],
  stack: Pick<Stack, 'volumes'>,
  {volume, host}: {readonly volume: string; readonly host?: string},
): VolumeOnHost {
  const found = all.filter(one => one.volume === volume && (host === undefined || one.host === host));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw unknownVolume(volume, all, stack, host);
  throw new UserError({
    code: 'several-hosts',
    message: `volume ${volume} is on ${found.map(one => one.host).join(', ')}, each with data of its own`,
    hint: `Say which: --host ${found[0]!.host}`,
  });
}

function unknownVolume(
  name: string,
  all: readonly VolumeOnHost[],
  stack: Pick<Stack, 'volumes'>,
  host?: string,
): UserError {
  const names = [...new Set([...all.map(({volume}) => volume), ...stack.volumes.map(one => one.name)])].sort();
  const declared = names.includes(name);
  const where = host === undefined ? 'any host' : host;
  return new UserError({
    code: 'unknown-volume',
    message: declared ? `volume ${name} is not on ${where}` : `there is no volume "${name}"${didYouMean(name, names)}`,
    hint: declared ? 'Apply the stack first: niyanta apply' : `Volumes: ${names.join(', ') || 'none'}.`,
    exit: 1,
  });
}

const noBackup = (volume: string): UserError =>
  new UserError({
    code: 'no-backup',
    message: `the stack does not say how volume ${volume} is backed up`,
    hint: `Add it: volumes: {${volume}: {backup: {to: ./backups, encrypt: none}}}; see niyanta explain volumes.X.backup`,
  });

/** Who is asked about a volume's data: of the service that the backup names, else the first that writes to it. */
export function userOf({users, backup}: VolumeOnHost): VolumeUser | undefined {
  const candidates = backup?.service === undefined ? users : users.filter(({spec}) => spec.service === backup.service);
  const rank = ({running, writes}: VolumeUser) => (running ? 0 : 2) + (writes ? 0 : 1);
  return candidates.toSorted((a, b) => rank(a) - rank(b))[0];
}
