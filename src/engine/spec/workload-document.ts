import nodePath from 'node:path';
import {formatDuration} from './quantities.ts';
import type {ImageSource, PublishedPort} from './stack.ts';
import type {ContainerJob, Workload} from './workload.ts';

/**
 * A workload as the document that the API takes: what `workloadFromJson` reads back as the same workload. Of input
 * files and images the base name is told: where they were on this machine is nobody's business. An image that is a file
 * or a folder here goes along as an archive of that name.
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
    ...(container ? jobDocument(container) : {with: workload.with}),
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
      maxSize: checkpoint.maxSize,
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

function jobDocument(job: ContainerJob): Record<string, unknown> {
  const {image, entrypoint, command, workdir, user, env, mounts, ports, readOnly, capabilities, stop} = job;
  return {
    ...(image.kind === 'reference' ? {image: image.reference} : {archive: imageLabel(image)}),
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

/** What its name on hosts is made of. */
const imageLabel = (image: Exclude<ImageSource, {kind: 'reference'}>): string =>
  nodePath.basename(image.kind === 'archive' ? image.path : image.context) || 'image';

const portText = ({address, host, container, protocol}: PublishedPort): string =>
  `${address === undefined ? '' : `${address.includes(':') ? `[${address}]` : address}:`}${host}:${container}/${protocol}`;
