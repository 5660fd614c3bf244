import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {inContainer} from './back-up-volume.ts';
import {backupPlace, openKey} from './backup-access.ts';
import {script} from './hosts/command.ts';
import {messageOf} from './runtime/backup/backup-errors.ts';
import type {BackupManifest} from './runtime/backup/backup-manifest.ts';
import {readBackup, recordVerified} from './runtime/backup/backup-store.ts';
import {feed} from './runtime/backup/feed.ts';
import {describeServer, isReady, loadInto, makeQuick, runQuery} from './runtime/backup/postgres.ts';
import {type Bytes, told} from './runtime/backup/seal.ts';
import {lookAtThrowAway, removeThrowAway, startThrowAway, throwAwayId} from './runtime/backup/throw-away.ts';
import {asidePath, removeAside} from './runtime/backup/volume-scripts.ts';
import {runScript} from './runtime/containers/host-script.ts';
import {execCommand} from './runtime/exec.ts';
import {shortHash} from './runtime/hashes.ts';
import {imageEntrypoint} from './runtime/images/index.ts';
import type {VolumeBackup} from './spec/backup.ts';
import {OutsideError, UserError} from './spec/errors.ts';
import {unpack} from './unpack-volume.ts';
import type {VolumeTools} from './volume-tools.ts';
import {userOf, type VolumeOnHost, type VolumeUser} from './volumes-now.ts';

export interface VerifyOptions {
  /** File with an identity of age, in place of what the stack says. */
  readonly identity?: string;
  readonly onProgress: (message: string, done?: number) => void;
}

/** What a check is not given a time for. */
const patienceMs = 600_000;
/** Of a container whose service has no limits: what a small host can spare. */
const memory = 1024 ** 3;
const cpu = 2;

/**
 * Restores a backup into a container that is thrown away (the service's image, no network, limited resources), checks
 * it there, and writes the result beside the backup. Errors: OutsideError `backup-verify-failed`, `backup-corrupt`;
 * UserError `backup-key-wrong`, which says nothing about the backup and is not written down.
 */
export async function verifyBackup(
  tools: VolumeTools,
  of: VolumeOnHost & {readonly backup: VolumeBackup},
  manifest: BackupManifest,
  options: VerifyOptions,
): Promise<BackupManifest> {
  const {session} = tools;
  const {environment, volume} = manifest;
  const place = await backupPlace(session, of.backup, {stack: tools.stack, environment, volume}, tools);
  const key = await openKey(session, of.backup, manifest, options.identity);
  const data = told(readBackup(place, manifest, key), bytes =>
    options.onProgress(`verify ${volume} ${manifest.id}`, bytes),
  );
  const record = (ok: boolean, detail: string) => ({at: tools.now().toISOString(), ok, detail});
  try {
    const verified = record(true, await tryOut(tools, of, manifest, data));
    await recordVerified(place, manifest, verified);
    return {...manifest, verified};
  } catch (error) {
    // Neither a wrong key nor a cut connection says that the backup is bad.
    if (error instanceof OutsideError && !error.transient && !tools.signal.aborted && error.code !== 'fenced')
      await recordVerified(
        place,
        manifest,
        record(false, error instanceof VerifyFailed ? error.why : messageOf(error)),
      );
    throw error;
  }
}

async function tryOut(
  tools: VolumeTools,
  of: VolumeOnHost & {readonly backup: VolumeBackup},
  manifest: BackupManifest,
  data: Bytes,
): Promise<string> {
  const host = tools.changing(of.host);
  const user = userOf(of);
  const scope = shortHash(of.folder).slice(0, 8);
  const id = throwAwayId(`${scope}-${randomBytes(3).toString('hex')}`);
  const folder = asidePath(of.folder, `verify-${randomBytes(3).toString('hex')}`);
  await clearEarlier(tools, of, throwAwayId(scope));
  try {
    if (manifest.kind === 'files') {
      await unpack(tools, of.host, folder, data);
      if (!manifest.postgres && !of.backup.verify?.command) return 'all files are there, and as their checksums say';
    } else {
      await host.run(script('mkdir -p -m 700 "${1%/*}" && mkdir "$1"', folder), 'make a folder to verify in');
    }
    if (!user) throw noImage(of);
    await start(tools, {of, user, id, folder, manifest});
    return await check(tools, {of, user, id, manifest, data});
  } finally {
    await runScript(host, removeThrowAway(id)).catch(() => undefined);
    await runScript(host, removeAside(folder)).catch(() => undefined);
  }
}

/** What an earlier one, which was killed, left: under this lease nobody else verifies here. */
async function clearEarlier(tools: VolumeTools, of: VolumeOnHost, prefix: string): Promise<void> {
  const host = tools.changing(of.host);
  const {stdout} = await host.reading.run(
    script('ctr --namespace niyanta containers ls --quiet | grep "^$1-"; :', prefix),
  );
  for (const id of stdout.split('\n').filter(Boolean)) await runScript(host, removeThrowAway(id));
  await runScript(host, {what: 'tidy up', text: `rm -rf --one-file-system ${asidePath(of.folder, 'verify-')}*\n`});
}

interface Trial {
  readonly of: VolumeOnHost & {readonly backup: VolumeBackup};
  readonly user: VolumeUser;
  readonly id: string;
  readonly manifest: BackupManifest;
}

async function start(
  tools: VolumeTools,
  {of, user: {spec}, id, folder, manifest}: Trial & {readonly folder: string},
): Promise<void> {
  const {verify} = of.backup;
  const host = tools.changing(of.host);
  const other = verify?.image !== undefined && verify.image !== spec.image.name;
  const command =
    spec.command === undefined || other
      ? []
      : [...(await entrypointOf(tools, of.host, spec.image.digest)), ...spec.command];
  const mount = spec.volumes.find(({volume}) => volume === of.volume)!;
  const isPostgres = manifest.postgres !== undefined;
  await runScript(
    host,
    startThrowAway({
      id,
      image: verify?.image ?? spec.image.name,
      env: withoutSecrets(spec.env, isPostgres),
      mounts: [{source: folder, target: mount.target}],
      command,
      user: spec.user,
      memory: spec.resources.memory ?? memory,
      cpu: spec.resources.cpu ?? cpu,
    }),
  );
}

function entrypointOf({connection, observed}: VolumeTools, host: string, digest: string): Promise<readonly string[]> {
  const seen = observed.find(one => one.host === host);
  return imageEntrypoint(connection(host), digest, seen?.reachable ? seen.facts.architecture : 'amd64');
}

/** What is tried out gets no secret: in place of each stands a random text, PostgreSQL's password among them. */
function withoutSecrets(env: Readonly<Record<string, string>>, isPostgres: boolean): Record<string, string> {
  const random = randomBytes(16).toString('hex');
  const entries = Object.entries(env).map(
    ([name, text]) => [name, text.replace(/\$\{secret:[^}]+\}/g, random)] as const,
  );
  if (!isPostgres) return Object.fromEntries(entries);
  return {
    ...Object.fromEntries(entries.filter(([name]) => name !== 'POSTGRES_PASSWORD_FILE')),
    POSTGRES_PASSWORD: random,
  };
}

async function check(tools: VolumeTools, trial: Trial & {readonly data: Bytes}): Promise<string> {
  const {of, user, id, manifest, data} = trial;
  const {verify} = of.backup;
  const until = tools.now().getTime() + (verify?.timeoutMs ?? patienceMs);
  const host = tools.connection(of.host);
  const run = (command: readonly string[], what: string) =>
    inContainer(host, id, command, what, Math.max(1000, until - tools.now().getTime()));
  const load = async (command: readonly string[]) => {
    const process = await host.spawn(execCommand(id, command, {name: 'load'}));
    const {output, failure} = await feed(process, data);
    if (failure !== undefined) throw failure;
    if (output.code !== 0) throw new VerifyFailed(trial, `its data could not be loaded: ${lastLine(output.stderr)}`);
  };
  const {health} = user.spec;
  const ready = manifest.postgres ? isReady : health?.check.kind === 'exec' ? health.check.command : undefined;
  if (ready) await waitFor(tools, trial, ready, until);
  const database = {database: manifest.postgres?.database, user: manifest.postgres?.user};
  if (manifest.kind === 'pg_dump') {
    await run(makeQuick(database), 'prepare the server');
    await load(loadInto(database));
  } else if (manifest.kind === 'stream') {
    await load(manifest.load ?? []);
  }
  const said: string[] = [];
  try {
    if (manifest.postgres) {
      const query = verify?.query ?? TABLES;
      const [first = ''] = (await run(runQuery(database, query), 'run the query')).stdout.split('\n');
      const [major = ''] = (await run(describeServer(database), 'ask PostgreSQL')).stdout.split('\n');
      said.push(`${verify?.query === undefined ? `${first} tables` : first} (PostgreSQL ${major})`);
    }
    if (verify?.command) {
      const [first = ''] = (await run(verify.command, verify.command[0]!)).stdout.split('\n');
      said.push(first || `${verify.command[0]} ended well`);
    }
  } catch (error) {
    throw error instanceof OutsideError && !error.transient ? new VerifyFailed(trial, error.message) : error;
  }
  return said.join('; ') || 'it was loaded';
}

const TABLES = "select count(*) from pg_catalog.pg_tables where schemaname not in ('pg_catalog', 'information_schema')";

async function waitFor(tools: VolumeTools, trial: Trial, command: readonly string[], until: number): Promise<void> {
  const {of, id} = trial;
  const host = tools.connection(of.host);
  for (;;) {
    tools.signal.throwIfAborted();
    const {stdout} = await host.run(script(lookAtThrowAway(id)));
    const [state, ...log] = stdout.trimEnd().split('\n');
    if (state !== 'running') throw new VerifyFailed(trial, `it ended: ${log.at(-1) ?? 'without a word'}`, log);
    const {code} = await host.run(
      execCommand(id, command, {name: `ready-${randomBytes(3).toString('hex')}`, timeoutMs: 5_000}),
    );
    if (code === 0) return;
    if (tools.now().getTime() > until) throw new VerifyFailed(trial, 'it did not become ready in time', log);
    await sleep(300, undefined, {signal: tools.signal});
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** It was restored, and what was asked of it did not come about. */
class VerifyFailed extends OutsideError {
  readonly why: string;

  constructor({manifest, of}: Trial, why: string, lastLines: readonly string[] = []) {
    super({
      code: 'backup-verify-failed',
      message: `backup ${manifest.id} was restored into a throw-away container on ${of.host}, and ${why}`,
      hint: 'Do not rely on it: see what it says, and make another one (niyanta volume backup).',
      lastLines,
    });
    this.why = why;
  }
}

const noImage = ({volume, host}: VolumeOnHost): UserError =>
  new UserError({
    code: 'no-container',
    message: `no service with volume ${volume} is on ${host}: there is no image to try the backup out with`,
    hint: 'Apply the stack first: niyanta apply',
    exit: 1,
  });
