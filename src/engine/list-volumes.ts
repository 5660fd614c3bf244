import {backupPlace} from './backup-access.ts';
import {dueAt, isOf} from './due-backups.ts';
import {type Fleet, withFleet} from './fleet.ts';
import type {BackupManifest} from './runtime/backup/backup-manifest.ts';
import {listBackups} from './runtime/backup/backup-store.ts';
import {sizesOf} from './runtime/backup/volume-scripts.ts';
import type {StackSession} from './session.ts';
import {NiyantaError} from './spec/errors.ts';
import {type VolumeOnHost, volumesNow} from './volumes-now.ts';

/** One volume on one host, as `volume ls` shows it. */
export interface VolumeRow {
  readonly volume: string;
  readonly host: string;
  readonly services: readonly string[];
  /** Bytes on the host's disk; absent when it could not be asked. */
  readonly bytes?: number;
  /** Where its backups go; absent when the stack does not say. */
  readonly to?: string;
  readonly encrypted?: boolean;
  /** The newest good backup; absent when there is none. */
  readonly last?: BackupManifest;
  /** RFC 3339; absent without a schedule. */
  readonly due?: string;
  /** Why its backups could not be looked at. */
  readonly problem?: string;
}

/** A good backup, and where it is kept. */
export interface BackupRow extends BackupManifest {
  readonly place: string;
}

interface Asking {
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** The environment's volumes on all hosts that answer, with their newest backups. */
export function listVolumes(session: StackSession, {now, signal}: Asking): Promise<readonly VolumeRow[]> {
  return withFleet(session.hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal, ssh: session.ssh}, async fleet => {
    const volumes = volumesOf(session, fleet);
    const sizes = await sizesByHost(fleet, volumes);
    return Promise.all(
      volumes.map(async (one): Promise<VolumeRow> => {
        const {volume, host, path, users, backup} = one;
        const services = [...new Set(users.map(({spec}) => spec.service))].sort();
        const bytes = sizes.get(`${host}:${path}`);
        const row = {volume, host, services, ...(bytes !== undefined && {bytes})};
        if (!backup) return row;
        const kept = {...row, to: backup.to, encrypted: backup.encrypt.kind !== 'none'};
        try {
          const all = await backupsOf(session, fleet, volume, session.environment);
          const last = all.find(each => isOf(each, one) && each.verified?.ok !== false);
          const due = dueAt({...one, backup}, all, now());
          return {...kept, ...(last && {last}), ...(due && {due: due.toISOString()})};
        } catch (error) {
          if (!(error instanceof NiyantaError)) throw error;
          return {...kept, problem: error.message};
        }
      }),
    );
  });
}

/** All backups that are listed, of one volume or all, newest first. */
export function listVolumeBackups(
  session: StackSession,
  volume: string | undefined,
  {signal}: Asking,
): Promise<readonly BackupRow[]> {
  return withFleet(session.hosts, {maxUnreachable: Number.POSITIVE_INFINITY, signal, ssh: session.ssh}, async fleet => {
    const names = session.stack.volumes.flatMap(({name, backup}) =>
      backup && (volume === undefined || name === volume) ? [name] : [],
    );
    const all = await Promise.all(names.map(name => backupsOf(session, fleet, name, session.environment)));
    return all.flat();
  });
}

async function backupsOf(
  session: StackSession,
  fleet: Fleet,
  volume: string,
  environment: string,
): Promise<readonly BackupRow[]> {
  const {backup} = session.stack.volumes.find(({name}) => name === volume)!;
  const place = await backupPlace(session, backup!, {stack: session.stack.name, environment, volume}, fleet);
  return (await listBackups(place)).map(manifest => ({...manifest, place: place.label}));
}

const volumesOf = ({project, stack, environment}: StackSession, fleet: Fleet): readonly VolumeOnHost[] =>
  volumesNow(fleet.observed, {project: project.name, stack, environment});

async function sizesByHost(fleet: Fleet, volumes: readonly VolumeOnHost[]): Promise<ReadonlyMap<string, number>> {
  const byHost = [...Map.groupBy(volumes, ({host}) => host)];
  const asked = await Promise.all(
    byHost.map(async ([host, there]) => {
      const {stdout} = await fleet.connection(host).run(sizesOf.command(there.map(({path}) => path)));
      return [...sizesOf.parse(stdout)].map(([path, bytes]) => [`${host}:${path}`, bytes] as const);
    }),
  );
  return new Map(asked.flat());
}
