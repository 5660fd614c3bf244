import type {Readable} from 'node:stream';
import {z} from 'zod';
import {mustRun} from '../../hosts/must-run.ts';
import {can} from '../../runtime/capabilities.ts';
import {attemptLog} from '../../runtime/workloads/attempt-log.ts';
import type {AttemptKey, AttemptSpec} from '../../runtime/workloads/attempt-spec.ts';
import {attemptsOnHost, sweepWorkloads} from '../../runtime/workloads/attempts-on-host.ts';
import {type Sent, wasStarted} from '../../runtime/workloads/receive-files.ts';
import {endedBefore, type WorkloadHost, workloadHost} from '../../runtime/workloads/workload-host.ts';
import {Bug, OutsideError} from '../../spec/errors.ts';
import type {Gpu} from '../../spec/project.ts';
import type {ContainerJob} from '../../spec/workload.ts';
import {resolveSecrets, secretNames} from '../../state/secret-references.ts';
import {imageInput, uploadedImage} from '../files/uploaded-image.ts';
import {originEnv} from '../observing/origin-env.ts';
import type {Store} from '../store/store.ts';
import {goOnFrom} from './go-on-from.ts';
import {inputsTar, inputTargets} from './inputs-tar.ts';
import {type JobImage, JobImages, type JobImageWays} from './job-image.ts';
import {endsKept, keptEnd} from './kept-end.ts';
import {ownerMark} from './owner-mark.ts';
import {RunningContainer} from './running-container.ts';
import type {Attempt, AttemptEnd, CheckpointKeeper, WorkloadType} from './workload-type.ts';

export interface ContainerTypeParts extends Omit<JobImageWays, 'sent'> {
  /** Names the coordinator's database, the same for all coordinators on it: what others have on a host is left alone. */
  readonly owner: string;
  readonly blobs: Pick<Store, 'blob' | 'file' | 'putBlob'>;
  readonly keeper: CheckpointKeeper;
  /** Values of secrets by name; rejects with UserError where one is missing. Asked right before a start. */
  readonly secrets: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

const isJob = (value: unknown): value is ContainerJob =>
  typeof value === 'object' && value !== null && 'image' in value && 'env' in value && 'stop' in value;

const imageOf = ({config, workload: {inputs}}: Attempt<ContainerJob>): JobImage => ({
  source: config.image,
  ...(inputs[imageInput] !== undefined && {sent: inputs[imageInput]}),
});

const keyOf = ({workload, attempt}: Attempt<unknown>): AttemptKey => ({workload: workload.id, attempt});

/** A workload that is a container's run on a host, once. */
export function containerType(parts: ContainerTypeParts): WorkloadType<ContainerJob> {
  const images = new JobImages({
    ...parts,
    sent: (manifest, architecture) => uploadedImage(parts.blobs, manifest, architecture),
  });
  const owner = ownerMark(parts.owner);
  const running = new Map<string, RunningContainer>();
  const starting = new Map<string, Promise<unknown>>();
  const restored = new Set<string>();
  const swept = new WeakSet<WorkloadHost>();
  const nameOf = (attempt: Attempt<unknown>) => `${attempt.workload.id}.${attempt.attempt}`;

  async function start(host: WorkloadHost, attempt: Attempt<ContainerJob>): Promise<void> {
    const {config: job} = attempt;
    const spec = specOf(
      attempt,
      owner,
      (await images.bring(host, imageOf(attempt), attempt.signal)).name,
      restored.has(nameOf(attempt)),
      attempt.host?.gpus ?? host.facts.gpus ?? [],
    );
    const values = await parts.secrets(secretNames(Object.values(job.env)));
    const own = Object.fromEntries(Object.entries(job.env).map(([name, text]) => [name, resolveSecrets(text, values)]));
    const env = {...originEnv(attempt), ...own};
    const entrypoint = await images.entrypoint(host, job, await images.bring(host, imageOf(attempt), attempt.signal));
    const {room, startsAtOnce} = attempt.host ?? {};
    await host.start({spec, env, containerd: host.containerd, entrypoint, ...(room && {room})}, startsAtOnce);
  }

  /** Of one that has ended, `execute` tells. */
  async function send(host: WorkloadHost, key: AttemptKey, what: Sent, tar: Readable): Promise<void> {
    await host.send({...key, owner}, what, tar).catch(error => {
      if (!endedBefore(error)) throw error;
    });
  }

  return {
    name: 'container',
    config: z.custom<ContainerJob>(isJob, 'is no container job'),
    onHost: true,

    async init(attempt) {
      const host = await hostOf(attempt);
      const key = keyOf(attempt);
      refuse(host, attempt);
      const nothingToSend = inputTargets(attempt.workload.inputs).length === 0 && attempt.checkpoints.length === 0;
      if (nothingToSend && images.isThere(host, imageOf(attempt))) return;
      const {stdout} = await host.changing.reading.run(wasStarted(key).command);
      if (wasStarted(key).parse(stdout)) return;
      await images.bring(host, imageOf(attempt), attempt.signal);
      if (inputTargets(attempt.workload.inputs).length > 0)
        await send(host, key, 'inputs', await inputsTar(attempt.workload.inputs, parts.blobs));
      if (await goOnFrom(attempt, parts.keeper, tar => send(host, key, 'restore', tar))) restored.add(nameOf(attempt));
    },

    async execute(attempt): Promise<AttemptEnd> {
      const host = await hostOf(attempt);
      // Someone removed the image since it was brought: it is brought again, once.
      const started = start(host, attempt).catch(error => {
        if (!(error instanceof OutsideError) || error.code !== 'image-gone') throw error;
        images.forget(host, imageOf(attempt));
        return start(host, attempt);
      });
      starting.set(nameOf(attempt), started);
      try {
        await started;
      } catch (error) {
        const end = notStarted(error) ?? keptEnd(attempt, endedBefore(error));
        if (end) return end;
        throw error;
      } finally {
        starting.delete(nameOf(attempt));
      }
      const container = new RunningContainer(host, attempt, parts);
      running.set(nameOf(attempt), container);
      attempt.report.started();
      try {
        return await container.ended(attempt.signal);
      } finally {
        if (running.get(nameOf(attempt)) === container) running.delete(nameOf(attempt));
      }
    },

    async checkpoint(attempt, {deadlineMs}) {
      const signal = attempt.workload.workload.checkpoint?.signal ?? 'SIGUSR1';
      return running.get(nameOf(attempt))?.checkpoints.ask(signal, deadlineMs);
    },

    async close(attempt) {
      const host = await hostOf(attempt);
      const key = keyOf(attempt);
      const container = running.get(nameOf(attempt));
      if (container) {
        // Its log and its end are collected before anything is removed.
        await host.stop(key, attempt.config.stop);
        await container.settled(stopPatienceMs);
      }
      await host.close(key, attempt.config.stop);
      restored.delete(nameOf(attempt));
    },

    async found({connection}, endsSince) {
      const host = await workloadHost(connection);
      if (!swept.has(host)) {
        swept.add(host);
        await host.changing.script(sweepWorkloads(keptDays));
      }
      const {stdout} = await mustRun(connection, attemptsOnHost.command, {what: 'look for attempts of workloads'});
      const there = attemptsOnHost
        .parse(stdout)
        .filter(attempt => attempt.owner === owner)
        .map(({workload, attempt, state}) => ({
          workload,
          attempt,
          running: state === 'running',
          ...(state === 'ended' && {ended: 'there' as const}),
        }));
      return endsSince === undefined ? there : [...there, ...(await endsKept(connection, endsSince, owner))];
    },

    async clear({connection}, key) {
      await (await workloadHost(connection)).close(key, {signal: 'SIGTERM', graceMs: clearGraceMs});
    },

    async *logs(attempt, {follow, after, signal}) {
      signal.throwIfAborted();
      const host = await hostOf(attempt);
      // Before its start there is no log, as after its removal.
      await starting.get(nameOf(attempt))?.catch(() => undefined);
      yield* attemptLog(host.changing.reading, keyOf(attempt), {
        follow,
        signal,
        ...(after === undefined ? {} : {after}),
      });
    },
  };
}

/** How long what nobody closed, and that attempts were refused, is remembered on a host. */
const keptDays = 7;

/** What nobody knows any more is not waited for long. Milliseconds. */
const clearGraceMs = 5000;

/** How long what ended may take to be told and collected, before it is removed all the same. */
const stopPatienceMs = 20_000;

function hostOf({host}: Attempt<unknown>): Promise<WorkloadHost> {
  if (!host) throw new Bug('a container needs a host');
  return workloadHost(host.connection);
}

/** What no try on this host can do. Errors: OutsideError `containerd-too-old`. */
function refuse(host: WorkloadHost, {config}: Attempt<ContainerJob>): void {
  if (config.user !== undefined && !can(host.containerd, 'user')) {
    throw new OutsideError({
      code: 'containerd-too-old',
      message: `${host.name}: user ${config.user} needs containerd 1.7, it has ${host.containerd} (the image's own user works)`,
      host: host.name,
    });
  }
}

function specOf(
  {workload, attempt, config: job}: Attempt<ContainerJob>,
  owner: string,
  image: string,
  restored: boolean,
  gpus: readonly Gpu[],
): AttemptSpec {
  const {cpu, memory, gpu} = workload.workload.resources;
  return {
    workload: workload.id,
    attempt,
    owner,
    name: workload.workload.name,
    customer: workload.customer,
    image: {name: image},
    env: job.env,
    ...(job.entrypoint && {entrypoint: job.entrypoint}),
    ...(job.command && {command: job.command}),
    ...(job.workdir !== undefined && {workdir: job.workdir}),
    ...(job.user !== undefined && {user: job.user}),
    mounts: job.mounts,
    ports: job.ports,
    readOnly: job.readOnly,
    capabilities: job.capabilities,
    resources: {...(cpu === undefined ? {} : {cpu}), ...(memory === undefined ? {} : {memory})},
    ...(gpu && {gpus: {count: gpu, devices: gpus.map(({device}) => device)}}),
    stop: job.stop,
    inputs: inputTargets(workload.inputs),
    restored,
  };
}

/** A command that is not in the image is the job's own failure, as it is in a shell. */
function notStarted(error: unknown): AttemptEnd | undefined {
  if (!(error instanceof OutsideError) || (error.exitCode !== 127 && error.exitCode !== 126)) return undefined;
  if (error.code !== 'command-not-found' && error.code !== 'command-not-executable') return undefined;
  return {outcome: 'failed', exitCode: error.exitCode, reason: error.message, transient: false, outputs: {}};
}
