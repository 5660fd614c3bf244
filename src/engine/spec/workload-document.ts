import nodePath from 'node:path';
import {UserError} from './errors.ts';
import {formatDuration} from './quantities.ts';
import type {PublishedPort} from './stack.ts';
import type {ContainerJob, Workload} from './workload.ts';

/**
 * A workload as the document that the API takes: what `workloadFromJson` reads back as the same workload. Of input
 * files the base name is told: where they were on this machine is nobody's business.
 * Errors: UserError `image-not-sent` for an image that is a file or a folder here.
 */
export function workloadDocument(workload: Workload): Record<string, unknown> {
  const {name, version, type, container, labels, priority, preemptible, after, onLost} = workload;
  const {timeoutMs, checkpoint, schedule, concurrency, inputs, outputs, retries} = workload;
  const {backoff, max, exitCodes} = retries;
  return {
    apiVersion: 'niyanta/v1',
    kind: 'Workload',
    name,
    version,
    type,
    ...(container ? jobDocument(container, name) : {with: workload.with}),
    labels,
    resources: workload.resources,
    priority,
    preemptible,
    placement: workload.placement,
    retries: {
      max,
      backoff: {
        initial: time(backoff.initialMs),
        factor: backoff.factor,
        max: time(backoff.maxMs),
        jitter: backoff.jitter,
      },
      exitCodes,
    },
    timeout: time(timeoutMs),
    checkpoint: checkpoint && {
      every: time(checkpoint.everyMs),
      progress: checkpoint.progress,
      grace: time(checkpoint.graceMs),
      signal: checkpoint.signal,
      keep: checkpoint.keep,
    },
    schedule,
    after,
    concurrency,
    onLost,
    inputs: {files: inputs.files.map(({source, target}) => `${nodePath.basename(source) || 'file'}:${target}`)},
    outputs,
  };
}

const time = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : formatDuration(ms));

function jobDocument(job: ContainerJob, name: string): Record<string, unknown> {
  const {image, entrypoint, command, workdir, user, env, mounts, ports, readOnly, capabilities, stop} = job;
  if (image.kind !== 'reference') {
    const what = image.kind === 'archive' ? `the archive ${image.path}` : `what is built from ${image.context}`;
    throw new UserError({
      code: 'image-not-sent',
      message: `${name}: its image is ${what}, which is on this machine; a server takes images by reference`,
      hint: 'Push it to a registry and write image: NAME, or run it from here: niyanta run FILE.',
    });
  }
  return {
    image: image.reference,
    entrypoint,
    command,
    workdir,
    user,
    env,
    mounts: mounts.map(({source, target, readOnly: ro}) => `${source}:${target}${ro ? ':ro' : ''}`),
    ports: ports.map(portText),
    readOnly,
    capabilities,
    stop: {signal: stop.signal, grace: time(stop.graceMs)},
  };
}

const portText = ({address, host, container, protocol}: PublishedPort): string =>
  `${address === undefined ? '' : `${address.includes(':') ? `[${address}]` : address}:`}${host}:${container}/${protocol}`;
