import {absolute, type Compilation, compileEnv, imageSource} from './compile-service.ts';
import type {ContainerJob, RetryRule, Workload, WorkloadResources} from './workload.ts';
import type {ParsedWorkload} from './workload-schema.ts';

/** A checked workload as the rest of niyanta reads it: paths absolute, env files read, references in full. */
export async function compileWorkload(parsed: ParsedWorkload, compilation: Compilation): Promise<Workload> {
  const {version, timeout, checkpoint, schedule, concurrency, inputs, outputs} = parsed;
  const {name, type, with: given, labels, priority, preemptible, placement, after, onLost} = parsed;
  return {
    name,
    ...(version !== undefined && {version}),
    type,
    ...(type === 'container' && {container: await compileJob(parsed, compilation)}),
    with: given,
    labels: sorted(labels),
    resources: compileResources(parsed.resources),
    priority,
    preemptible,
    placement,
    retries: compileRetries(parsed.retries),
    ...(timeout !== undefined && {timeoutMs: timeout}),
    ...(checkpoint && {checkpoint: compileCheckpoint(checkpoint)}),
    ...(schedule && {schedule}),
    after,
    ...(concurrency && {concurrency}),
    onLost,
    inputs: {
      files: inputs.files.map(({source, target}, index) => ({
        source: absolute(compilation.tree, ['inputs', 'files', index], source),
        target,
      })),
    },
    outputs: {files: outputs.files, ...(outputs.result !== undefined && {result: outputs.result})},
  };
}

async function compileJob(parsed: ParsedWorkload, compilation: Compilation): Promise<ContainerJob> {
  const {entrypoint, command, workdir, user, mounts, ports, readOnly, capabilities, stop} = parsed;
  return {
    image: imageSource([], parsed, compilation.tree),
    ...(entrypoint && {entrypoint}),
    ...(command && {command}),
    ...(workdir !== undefined && {workdir}),
    ...(user !== undefined && {user}),
    env: await compileEnv([], parsed, compilation),
    mounts,
    ports,
    readOnly,
    capabilities,
    stop: {signal: stop.signal, graceMs: stop.grace},
  };
}

/** 0 of a device is none, as is not saying it. */
const compileResources = (resources: ParsedWorkload['resources']): WorkloadResources =>
  Object.fromEntries(Object.entries(resources).filter(([, amount]) => amount !== undefined && amount > 0));

function compileRetries({max, backoff, exitCodes}: ParsedWorkload['retries']): RetryRule {
  const {initial, factor, max: longest, jitter} = backoff;
  return {max, backoff: {initialMs: initial, factor, maxMs: longest, jitter}, ...(exitCodes && {exitCodes})};
}

function compileCheckpoint({every, grace, ...rest}: NonNullable<ParsedWorkload['checkpoint']>) {
  return {...rest, ...(every !== undefined && {everyMs: every}), graceMs: grace};
}

const sorted = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
