import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import type {Connection} from '../../hosts/connection.ts';
import type {HostFacts} from '../../hosts/facts.ts';
import {facts} from '../../hosts/facts-probe.ts';
import {commandFailed, mustRun} from '../../hosts/must-run.ts';
import {OutsideError} from '../../spec/errors.ts';
import type {TaskEnd} from '../exit-code.ts';
import type {FencedHost} from '../fenced-host.ts';
import {raiseFence} from '../raise-fence.ts';
import {toolkitHash, toolkitInstallation, toolkitVersionPath} from '../toolkit/index.ts';
import {guardLines} from './address-lines.ts';
import {AttemptFollower} from './attempt-follower.ts';
import {overtakenExit} from './attempt-lines.ts';
import type {AttemptKey, OwnedAttempt} from './attempt-spec.ts';
import {closeAttempt, type StopRule, stopAttempt} from './close-attempt.ts';
import {parseToldEnd} from './kept-ends.ts';
import {noticeAttempt} from './notice-attempt.ts';
import {receiveFiles, type Sent} from './receive-files.ts';
import {type Start, startAttempt} from './start-attempt.ts';
import {fullHere, startFailure} from './start-failure.ts';

/** Starts at once on a host where nothing else is said: more take the processors from each other. */
const startsAtOnce = 4;
/** Milliseconds that a start or an end may take beside the job's own grace. */
const scriptMs = 120_000;

/**
 * The lease that everybody has who runs workloads on a host: they do not keep each other out, since each attempt is fenced
 * by its number. The name begins with a dot, as no environment's does.
 */
const everybody = {scope: '.workloads', number: 1, holder: 'workloads'};

/** A host as one that runs workloads. Made once a connection (`workloadHost`); it is ready for workloads then. */
export class WorkloadHost {
  readonly changing: FencedHost;
  readonly facts: HostFacts;
  readonly follower: AttemptFollower;

  constructor(changing: FencedHost, found: HostFacts) {
    this.changing = changing;
    this.facts = found;
    this.follower = new AttemptFollower(changing.reading);
  }

  get name(): string {
    return this.changing.host;
  }

  get containerd(): string {
    return this.facts.containerd?.version ?? '';
  }

  /** `atOnce`: so many starts run at once on the host, others wait there. Errors: OutsideError `fenced`, and what `startFailure` says. */
  async start(start: Start, atOnce = startsAtOnce): Promise<'started' | 'there'> {
    const said = await this.changing.script(startAttempt(start), {limit: atOnce, timeoutMs: scriptMs}).catch(error => {
      throw startFailure(start.spec, overtaken(this.name, error));
    });
    return said.trim().endsWith('there') ? 'there' : 'started';
  }

  async stop(key: AttemptKey, stop: StopRule): Promise<void> {
    await this.changing.script(stopAttempt(key, stop), {timeoutMs: scriptMs + stop.graceMs});
  }

  /** Ends and removes it. */
  async close(key: AttemptKey, stop: StopRule): Promise<void> {
    await this.changing.script(closeAttempt(key, stop), {timeoutMs: scriptMs + stop.graceMs});
  }

  /** False where it does not run any more. */
  async notice(key: AttemptKey, signal: string, deadlineMs: number): Promise<boolean> {
    return this.changing.script(noticeAttempt(key, signal, deadlineMs)).then(
      () => true,
      error => {
        if (error instanceof OutsideError && error.code === 'command-failed') return false;
        throw error;
      },
    );
  }

  /** Sends files as a tar stream; see `receiveFiles`. Errors: the stream's own; OutsideError `fenced`. */
  async send(key: OwnedAttempt, what: Sent, tar: Readable): Promise<void> {
    const command = receiveFiles(key, what);
    const doing = `take the ${what} of a workload`;
    const process = await this.changing.spawn(command, doing);
    process.stdin.on('error', () => undefined);
    const said = Promise.all([text(process.stdout), text(process.stderr)]).catch(() => ['', ''] as const);
    const failed = await pipeline(tar, process.stdin).then(
      () => undefined,
      (error: unknown) => error,
    );
    // Its own failure: what it had so far must not be taken for all of it.
    if (tar.errored) {
      process.kill();
      throw tar.errored;
    }
    const {code} = await process.exit;
    const [stdout, stderr] = await said;
    if (code !== 0)
      throw fullHere(overtaken(this.name, commandFailed(this.name, doing, command, {code, stdout, stderr})));
    if (failed) throw failed;
  }
}

const ready = new WeakMap<Connection, Promise<WorkloadHost>>();

/**
 * The host behind a connection, with niyanta's scripts of this version and the rules that keep workloads' networks apart.
 * Errors: OutsideError `containerd-silent`, `command-failed`.
 */
export function workloadHost(connection: Connection): Promise<WorkloadHost> {
  const known = ready.get(connection);
  if (known) return known;
  const making = make(connection);
  ready.set(connection, making);
  making.catch(() => ready.delete(connection));
  return making;
}

async function make(connection: Connection): Promise<WorkloadHost> {
  const {signal} = new AbortController();
  const changing = await raiseFence(connection, everybody, {
    signal,
    stop: signal,
    onBusy: () => undefined,
    // Someone removed the file: the next to ask makes it again.
    onFenced: () => ready.delete(connection),
  });
  const {stdout} = await mustRun(connection, facts.command, {what: 'look at it'});
  const found = facts.parse(stdout);
  if (!found.containerd?.running) throw noContainerd(connection.host);
  const installed = await connection.run({kind: 'argv', argv: ['cat', toolkitVersionPath]});
  if (installed.stdout.trim() !== toolkitHash) await changing.script(toolkitInstallation);
  await changing.script({what: "guard workloads' networks", text: ['set -eu', ...guardLines(true), ''].join('\n')});
  return new WorkloadHost(changing, found);
}

const noContainerd = (host: string): OutsideError =>
  new OutsideError({
    code: 'containerd-silent',
    message: `${host}: containerd does not answer`,
    hint: `See what is missing there: niyanta host inspect ${host}`,
    host,
    transient: true,
  });

/** The host has begun a newer attempt of the workload: this one is nobody's any more. */
function overtaken(host: string, error: unknown): unknown {
  if (!(error instanceof OutsideError) || error.exitCode !== overtakenExit) return error;
  const newest = error.lastLines?.flatMap(line => /^attempt-fenced (\d+)$/.exec(line)?.[1] ?? [])[0];
  return new OutsideError({
    code: 'fenced',
    message: `${host}: attempt ${newest} of this workload was begun there, or is over`,
    hint: 'Nothing is to be done: another attempt is in its place.',
    host,
    exitCode: overtakenExit,
    lastLines: error.lastLines?.filter(line => line.startsWith('attempt-ended ')),
  });
}

/** How an attempt ended that its host refuses since it is over; undefined for any other error, and where that is not kept. */
export const endedBefore = (error: unknown): TaskEnd | undefined =>
  error instanceof OutsideError && error.code === 'fenced' ? parseToldEnd(error.lastLines ?? []) : undefined;
