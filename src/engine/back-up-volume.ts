import {randomBytes} from 'node:crypto';
import {backupPlace, type HostAccess, sealKey} from './backup-access.ts';
import type {Actions, StepContext} from './executor/actions.ts';
import type {Connection, Output} from './hosts/connection.ts';
import {type BackupManifest, backupId} from './runtime/backup/backup-manifest.ts';
import {type BackupHead, listBackups, removeBackup, storeBackup, tidyPlace} from './runtime/backup/backup-store.ts';
import {produced} from './runtime/backup/feed.ts';
import {describeServer, dumpDatabase} from './runtime/backup/postgres.ts';
import {toRemove} from './runtime/backup/retention.ts';
import type {Bytes} from './runtime/backup/seal.ts';
import {postgresIn, readVolume} from './runtime/backup/volume-scripts.ts';
import {execCommand} from './runtime/exec.ts';
import type {FencedHost} from './runtime/fenced-host.ts';
import type {Session} from './session.ts';
import type {VolumeBackup} from './spec/backup.ts';
import {OutsideError, UserError} from './spec/errors.ts';
import {userOf, type VolumeOnHost, type VolumeUser} from './volumes-now.ts';

export interface BackupTools extends HostAccess {
  readonly session: Session;
  /** Name of the stack that the volume belongs to. */
  readonly stack: string;
  changing(host: string): FencedHost;
  readonly actions: Pick<Actions, 'stopContainer' | 'startContainer' | 'waitHealthy'>;
  readonly now: () => Date;
}

/** A backup that was made, and what is worth knowing of it. */
export interface MadeBackup {
  readonly manifest: BackupManifest;
  readonly notes: readonly string[];
}

/**
 * Makes one backup of a volume on its host: under the environment's lease, since two at once would take each other's
 * unfinished files for leftovers. Nothing is listed before all of it is durable.
 */
export async function backUpVolume(
  tools: BackupTools,
  of: VolumeOnHost & {readonly backup: VolumeBackup},
  why: BackupManifest['why'],
  context: StepContext,
): Promise<MadeBackup> {
  const {session, now} = tools;
  const {backup, volume, host} = of;
  const {environment, project} = session;
  const place = await backupPlace(session, backup, {stack: tools.stack, environment, volume}, tools);
  await tidyPlace(place);
  const user = userOf(of);
  const source = await sourceOf(tools, of, user, context);
  const startedAt = now();
  const head: BackupHead = {
    version: 1,
    id: backupId(startedAt, randomBytes(3).toString('hex')),
    project: project.name,
    stack: tools.stack,
    environment,
    volume,
    host,
    ...(user && {service: user.spec.service, replica: user.spec.replica, image: user.spec.image}),
    ...source.head,
    why,
    startedAt: startedAt.toISOString(),
    compression: 'zstd',
    encryption: backup.encrypt.kind,
  };
  const onBytes = (bytes: number) => context.onProgress(`back up ${volume} to ${place.label}`, bytes);
  const data = abortable(source.data, context.signal);
  const manifest = await storeBackup(place, head, data, {key: await sealKey(session, backup), now, onBytes});
  return {manifest, notes: source.notes};
}

/** Removes what need not be kept, of good backups and of bad ones; the bad ones all once there is a newer good one. */
export async function prune(
  tools: Omit<BackupTools, 'actions' | 'now'>,
  of: VolumeOnHost & {readonly backup: VolumeBackup},
): Promise<readonly string[]> {
  const {environment} = tools.session;
  const place = await backupPlace(
    tools.session,
    of.backup,
    {stack: tools.stack, environment, volume: of.volume},
    tools,
  );
  const all = await listBackups(place);
  const good = all.filter(({verified}) => verified?.ok !== false);
  const newest = good[0]?.id ?? '';
  const bad = all.filter(({verified}) => verified?.ok === false);
  const old = bad.filter(({id}) => id < newest);
  // Of those that failed since, and are made again and again, no more stay than of good ones.
  const since = bad.filter(({id}) => id >= newest);
  const gone = [...toRemove(good, of.backup.keep), ...old, ...toRemove(since, of.backup.keep)].map(({id}) => id);
  for (const id of gone) await removeBackup(place, id);
  return gone;
}

interface Source {
  readonly head: Pick<BackupHead, 'kind' | 'postgres' | 'load'>;
  readonly data: Bytes;
  readonly notes: readonly string[];
}

async function sourceOf(
  tools: BackupTools,
  of: VolumeOnHost & {readonly backup: VolumeBackup},
  user: VolumeUser | undefined,
  context: StepContext,
): Promise<Source> {
  const {before} = of.backup;
  const host = tools.connection(of.host);
  if (before.kind === 'pg_dump') {
    const id = runningOne(of, user);
    const [major = '', as = '', database = '', ...others] = (
      await inContainer(host, id, describeServer(before), 'ask PostgreSQL')
    ).stdout
      .split('\n')
      .filter(Boolean);
    const notes = others.length > 0 ? [`not in it, since pg_dump takes one database: ${others.join(', ')}`] : [];
    const data = output(host, id, dumpDatabase({database, user: as}), 'pg_dump');
    return {head: {kind: 'pg_dump', postgres: {major, database, user: as}}, data, notes};
  }
  if (before.kind === 'stream') {
    return {
      head: {kind: 'stream', load: [...before.load]},
      data: output(host, runningOne(of, user), before.dump, 'dump'),
      notes: [],
    };
  }
  if (before.kind === 'exec')
    await inContainer(host, runningOne(of, user), before.command, 'run the program before the backup');
  const found = postgresIn.parse((await host.run(postgresIn.command(of.path))).stdout);
  const writing = of.users.filter(({running, writes}) => running && writes);
  const frozen = before.kind === 'freeze' ? writing.map(({spec}) => spec.id) : [];
  const files = () =>
    volumeFiles(tools.changing(of.host), of, frozen, {exact: before.kind === 'freeze' || before.kind === 'stop'});
  const data = before.kind === 'stop' ? whileStopped(tools, writing, files, context) : files();
  return {head: {kind: 'files', ...(found && {postgres: found})}, data, notes: []};
}

function runningOne({volume, host}: VolumeOnHost, user: VolumeUser | undefined): string {
  if (user?.running) return user.spec.id;
  throw new UserError({
    code: 'not-running',
    message: `volume ${volume} on ${host} cannot be backed up: ${user ? `${user.spec.service} ${user.spec.replica}` : 'its service'}, which is asked for its data, does not run`,
    hint: 'Start it (niyanta start), or back its files up (before: freeze). A change goes without by update.backup: never, destroy by --no-backup.',
    exit: 1,
  });
}

/** Milliseconds; less than `frozenLimit`. */
const heartbeat = 5_000;

/** The volume's files as a tar. Where they could change meanwhile, tar's saying so is no failure. */
export async function* volumeFiles(
  host: FencedHost,
  {volume, path}: Pick<VolumeOnHost, 'volume' | 'path'>,
  frozen: readonly string[],
  {exact}: {readonly exact: boolean},
): AsyncGenerator<Uint8Array> {
  const process = await host.spawn(readVolume(path, frozen), `read volume ${volume}`);
  process.stdin.on('error', () => undefined);
  const beating = setInterval(() => process.stdin.write('\n'), heartbeat);
  try {
    yield* produced(process, result => {
      if (result.code !== 0 && (exact || result.code !== 1)) throw failed(host.host, `read volume ${volume}`, result);
    });
  } finally {
    clearInterval(beating);
    process.stdin.end();
  }
}

async function* whileStopped(
  {actions}: BackupTools,
  users: readonly VolumeUser[],
  files: () => Bytes,
  context: StepContext,
): AsyncGenerator<Uint8Array> {
  try {
    for (const {spec} of users) await actions.stopContainer(spec.host, spec.id);
    yield* files();
  } finally {
    // After Ctrl-C, too.
    for (const {spec} of users) await actions.startContainer(spec.host, spec.id);
  }
  for (const {spec} of users) await actions.waitHealthy(spec, context);
}

/** What a program in a container prints. */
async function* output(
  host: Connection,
  id: string,
  command: readonly string[],
  what: string,
): AsyncGenerator<Uint8Array> {
  const process = await host.spawn(execCommand(id, command, {name: `backup-${randomBytes(4).toString('hex')}`}));
  process.stdin.end();
  yield* produced(process, result => {
    if (result.code !== 0) throw failed(host.host, `${what} in ${id}`, result);
  });
}

/** Runs a program in a container that has to succeed. */
export async function inContainer(
  host: Connection,
  id: string,
  command: readonly string[],
  what: string,
  timeoutMs = 600_000,
): Promise<Output> {
  const name = `volume-${randomBytes(4).toString('hex')}`;
  const result = await host.run(execCommand(id, command, {name, timeoutMs}), {timeoutMs: timeoutMs + 10_000});
  if (result.code !== 0) throw failed(host.host, what, result);
  return result;
}

export function failed(host: string, what: string, {code, stderr}: Output): OutsideError {
  const lastLines = stderr.split('\n').filter(Boolean).slice(-10);
  return new OutsideError({
    code: /no space left on device/i.test(stderr) ? 'disk-full' : 'command-failed',
    message: `${host}: could not ${what}: ${lastLines.at(-1) ?? `exit code ${code}`}`,
    host,
    exitCode: code,
    lastLines,
  });
}

async function* abortable(data: Bytes, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of data) {
    signal.throwIfAborted();
    yield chunk;
  }
  signal.throwIfAborted();
}
