import {randomBytes} from 'node:crypto';
import {failed, inContainer} from './back-up-volume.ts';
import {backupPlace, openKey} from './backup-access.ts';
import {changeEnvironment, type LeaseOptions} from './change-environment.ts';
import {peer} from './executor/peer.ts';
import {noteInHistory} from './note-in-history.ts';
import {messageOf} from './runtime/backup/backup-errors.ts';
import type {BackupManifest} from './runtime/backup/backup-manifest.ts';
import {readBackup} from './runtime/backup/backup-store.ts';
import {feed} from './runtime/backup/feed.ts';
import {describeServer, dropAside, exchange, loadAside, majorOf} from './runtime/backup/postgres.ts';
import {type Bytes, told} from './runtime/backup/seal.ts';
import {oneCommand, throwAwayId} from './runtime/backup/throw-away.ts';
import {asidePath, removeAside, swapVolume} from './runtime/backup/volume-scripts.ts';
import {runScript} from './runtime/containers/host-script.ts';
import {execCommand} from './runtime/exec.ts';
import type {StackSession} from './session.ts';
import {OutsideError, UserError} from './spec/errors.ts';
import {Exit} from './spec/exit-codes.ts';
import {stateNotWritten} from './state-of-change.ts';
import {unpack} from './unpack-volume.ts';
import {type ChosenBackup, chosenBackup} from './verify-volume.ts';
import {type VolumeTools, volumeTools} from './volume-tools.ts';
import {userOf, type VolumeOnHost} from './volumes-now.ts';

export interface RestoreOptions extends LeaseOptions, ChosenBackup {
  /** Told what will be done; rejects when it is not agreed to. */
  readonly confirm: (restore: Restore) => Promise<void>;
  readonly onProgress: (message: string, done?: number) => void;
  readonly now: () => Date;
}

/** What is restored, and what that means for those who use the volume. */
export interface Restore {
  readonly volume: string;
  readonly host: string;
  readonly environment: string;
  readonly backup: BackupManifest;
  /** Replicas that stop meanwhile; of a dump none: its sessions are ended when the new data is in place. */
  readonly stops: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Puts a backup's data in place of a volume's. All of it is on the host and checked before anything stops; the old
 * data stays aside until the service is healthy with the new, and comes back when it is not.
 * Errors: UserError `postgres-version`, `not-running`, and those of `chosenBackup`; OutsideError `backup-corrupt`.
 */
export function restoreVolume(session: StackSession, options: RestoreOptions): Promise<Restore> {
  return changeEnvironment(session, 'volume restore', options, async change => {
    const tools = await volumeTools(session, change, options.now);
    const {of, manifest} = await chosenBackup(tools, options);
    const from = {stack: session.stack.name, environment: options.from ?? session.environment, volume: of.volume};
    const place = await backupPlace(session, of.backup, from, tools);
    const key = await openKey(session, of.backup, manifest, options.identity);
    const data = () =>
      told(readBackup(place, manifest, key), done =>
        options.onProgress(`restore ${of.volume} from ${manifest.id}`, done),
      );
    const notes = await checkVersion(tools, of, manifest);
    const stops = manifest.kind === 'files' ? running(of).map(({spec}) => `${spec.service} ${spec.replica}`) : [];
    const {volume, host} = of;
    const restore: Restore = {volume, host, environment: session.environment, backup: manifest, stops, notes};
    await options.confirm(restore);
    const at = options.now().toISOString();
    const {outcome, error} =
      manifest.kind === 'files'
        ? await restoreFiles(tools, of, data())
        : await restoreByProgram(tools, of, manifest, data).then(done, failure('failed'));
    await noteInHistory(session, change, {
      at,
      action: 'volume-restore',
      outcome: tools.signal.aborted && (outcome === 'failed' || outcome === 'rolled-back') ? 'cancelled' : outcome,
      summary: summaryOf(restore),
    }).catch(unwritten => {
      // What became of the data is what has to be told first.
      throw error ?? stateNotWritten(unwritten, 'applied');
    });
    if (error !== undefined) throw error;
    return restore;
  });
}

/** How it ended, for the history; `error` is there unless it worked. */
interface RestoreEnd {
  readonly outcome: 'applied' | 'failed' | 'rolled-back' | 'rollback-failed';
  readonly error?: unknown;
}

const done = (): RestoreEnd => ({outcome: 'applied'});
const failure =
  (outcome: Exclude<RestoreEnd['outcome'], 'applied'>) =>
  (error: unknown): RestoreEnd => ({outcome, error});

const summaryOf = ({volume, host, backup, environment}: Restore): string =>
  `${volume} on ${host} from ${backup.id}${backup.environment === environment ? '' : ` of ${backup.environment}`}`;

const running = (of: VolumeOnHost) => of.users.filter(user => user.running);

/** Files are for one major version of PostgreSQL; a dump is for its own and newer ones. */
async function checkVersion(
  tools: VolumeTools,
  of: VolumeOnHost,
  {kind, postgres, id}: BackupManifest,
): Promise<readonly string[]> {
  if (!postgres) return [];
  const user = userOf(of);
  if (!user) return [];
  const {image} = user.spec;
  const name = throwAwayId(randomBytes(4).toString('hex'));
  const said = await runScript(tools.changing(of.host), oneCommand(name, image.name, 'postgres', '--version'));
  const now = majorOf(said);
  if (now === undefined || now === postgres.major) return [];
  if (kind === 'pg_dump' && Number(now) > Number(postgres.major))
    return [`made by PostgreSQL ${postgres.major}, loaded into ${now}`];
  throw new UserError({
    code: 'postgres-version',
    message:
      kind === 'files'
        ? `backup ${id} has the files of PostgreSQL ${postgres.major}, and ${image.source} is PostgreSQL ${now}, which cannot read them`
        : `backup ${id} was made by PostgreSQL ${postgres.major}, and ${image.source} is PostgreSQL ${now}: an older one may not understand it`,
    hint:
      kind === 'files'
        ? `Restore with an image of PostgreSQL ${postgres.major}, back up with before: pg_dump there, and restore that into ${now}.`
        : `Restore with an image of PostgreSQL ${postgres.major} or newer.`,
    exit: 1,
  });
}

async function restoreFiles(tools: VolumeTools, of: VolumeOnHost, data: Bytes): Promise<RestoreEnd> {
  const host = tools.changing(of.host);
  const [made, kept] = [asidePath(of.folder, 'new'), asidePath(of.folder, `old-${randomBytes(3).toString('hex')}`)];
  try {
    await unpack(tools, of.host, made, data);
  } catch (error) {
    await runScript(host, removeAside(made)).catch(() => undefined);
    return failure('failed')(error);
  }
  try {
    await stop(tools, of);
    await runScript(host, swapVolume(of.path, made, kept));
    await start(tools, of);
  } catch (error) {
    return putBack(tools, of, {made, kept}, error);
  }
  // What cannot be removed now is told by doctor, and removed by gc.
  await runScript(host, removeAside(made, kept)).catch(() => undefined);
  return done();
}

/** Taking back goes on after Ctrl-C: with the data that was there before, the services shall run again. */
async function putBack(
  tools: VolumeTools,
  of: VolumeOnHost,
  {made, kept}: {readonly made: string; readonly kept: string},
  error: unknown,
): Promise<RestoreEnd> {
  const host = tools.changing(of.host);
  try {
    await stop(tools, of);
    // Only what was exchanged is exchanged back: the new data goes where the old was.
    await runScript(host, swapVolume(of.path, kept, made));
  } catch (second) {
    return failure('rollback-failed')(notPutBack(of, kept, error, second));
  }
  await start({...tools, signal: new AbortController().signal}, of).catch(() => undefined);
  await runScript(host, removeAside(made)).catch(() => undefined);
  return failure('rolled-back')(error);
}

async function stop({actions, ledger}: VolumeTools, of: VolumeOnHost): Promise<void> {
  for (const {spec} of running(of)) {
    await ledger.leave(spec.host, spec.id);
    await actions.stopContainer(spec.host, spec.id);
  }
}

async function start({actions, ledger, signal}: VolumeTools, of: VolumeOnHost): Promise<void> {
  for (const {spec} of running(of)) {
    await ledger.return(spec.host, peer(spec));
    await actions.startContainer(spec.host, spec.id);
    await actions.waitHealthy(spec, {signal, onProgress: () => undefined});
    await ledger.join(spec.host, peer(spec));
  }
}

async function restoreByProgram(
  tools: VolumeTools,
  of: VolumeOnHost,
  manifest: BackupManifest,
  data: () => Bytes,
): Promise<void> {
  const user = userOf(of);
  if (!user?.running) throw notRunning(of);
  const {id} = user.spec;
  const host = tools.connection(of.host);
  if (manifest.kind === 'stream') {
    // What its program makes of half of it nobody knows: all of it is read and checked once before.
    for await (const _ of data());
    return load(tools, of, id, manifest.load ?? [], data());
  }
  const before = of.backup?.before.kind === 'pg_dump' ? of.backup.before : {};
  const [, as, database] = (await inContainer(host, id, describeServer(before), 'ask PostgreSQL')).stdout.split('\n');
  const into = {user: as, database};
  try {
    await load(tools, of, id, loadAside(into), data());
    await inContainer(host, id, exchange(into), 'exchange the database');
  } catch (error) {
    await inContainer(host, id, dropAside(into), 'drop what was loaded').catch(() => undefined);
    throw error;
  }
}

async function load(
  {connection}: VolumeTools,
  {host}: VolumeOnHost,
  id: string,
  command: readonly string[],
  data: Bytes,
): Promise<void> {
  const name = `restore-${randomBytes(4).toString('hex')}`;
  const {output, failure} = await feed(await connection(host).spawn(execCommand(id, command, {name})), data);
  if (failure !== undefined) throw failure;
  if (output.code !== 0) throw failed(host, 'load the backup', output);
}

const notRunning = ({volume, users}: VolumeOnHost): UserError =>
  new UserError({
    code: 'not-running',
    message: `the service that reads the dump of volume ${volume} does not run`,
    hint: users[0] ? `Start it: niyanta start ${users[0].spec.service}` : 'Apply the stack first: niyanta apply',
    exit: 1,
  });

const notPutBack = ({volume, host, path}: VolumeOnHost, kept: string, error: unknown, second: unknown): OutsideError =>
  new OutsideError({
    code: 'restore-not-taken-back',
    message: `volume ${volume} could not be restored (${messageOf(error)}), and what was there before could not be put back (${messageOf(second)})`,
    hint: `Its data is in ${kept} on ${host}, if that is there; else still in ${path}.`,
    host,
    exit: Exit.rollbackFailed,
    cause: error,
  });
