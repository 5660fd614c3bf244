import {isDeepStrictEqual} from 'node:util';
import type {ContainerOperation, Operation, SwitchOperation} from '../planner/plan.ts';
import type {ContainerSpec, PinnedImage} from '../runtime/container-spec.ts';
import {Bug, OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {Actions, StepContext} from './actions.ts';
import {containerOf, type FindPresent, type Inverse, type InverseStep} from './inverse.ts';
import {peer} from './peer.ts';
import type {Traffic} from './traffic.ts';

export interface ContainerRun {
  readonly actions: Actions;
  readonly ledger: Traffic;
  readonly present: FindPresent;
  /** Digests found out by image operations of this run, by `PinnedImage.source`. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  readonly inverse: Inverse;
  /** The steps of the inverse that there is need of by now: filled before what they take back begins. */
  readonly reached: Set<InverseStep>;
}

/**
 * Runs one container operation. Old containers are stopped, never removed: only `removeReplaced` removes them, so until
 * then its inverse brings back exactly what ran.
 */
export async function runContainerOperation(
  operation: ContainerOperation,
  run: ContainerRun,
  context: StepContext,
): Promise<void> {
  try {
    await steps[operation.how](operation, run, context);
  } catch (error) {
    throw await withLogs(error, operation, run);
  }
}

/**
 * Removes what was kept only to be able to go back; of a release, what still runs on the old side, when the requests that
 * it was serving are done. Idempotent.
 */
export async function removeReplaced(
  operation: Operation,
  actions: Actions,
  ledger: Traffic,
): Promise<readonly unknown[]> {
  if (operation.kind === 'hook') await actions.removeContainer(operation.host, operation.spec.id);
  if (operation.kind === 'switch') return retireSide(operation, actions, ledger);
  if (operation.kind !== 'container' || operation.how === 'manifest' || operation.how === 'start') return [];
  for (const {host, id} of operation.previous) await actions.removeContainer(host, id);
  return [];
}

/** All of a side at once; a host that is gone does not keep the others. Returns what went wrong. */
async function retireSide({from}: SwitchOperation, actions: Actions, ledger: Traffic): Promise<readonly unknown[]> {
  const ends = await Promise.allSettled(
    from.map(async ({host, id}) => {
      await ledger.leave(host, id);
      await actions.stopContainer(host, id);
      await actions.removeContainer(host, id);
    }),
  );
  return ends.flatMap(end => (end.status === 'rejected' ? [end.reason] : []));
}

type Steps = (operation: ContainerOperation, run: ContainerRun, context: StepContext) => Promise<void>;

const replace: Steps = async (operation, run, context) => {
  const spec = withPinnedImage(desired(operation), run.images);
  if (operation.order === 'stop-first') await retire(operation, run);
  await createNew(spec, run, context);
  if (operation.order === 'stop-first' || operation.staged) return arrived(spec, operation.staged ?? false, run);
  await run.ledger.replace(spec.host, peer(spec), reachPrevious(operation, run));
  await retire(operation, run);
};

const steps: Record<ContainerOperation['how'], Steps> = {
  create: replace,
  replace,
  delete: (operation, run) => retire(operation, run),
  start: async (operation, run, context) => {
    const spec = desired(operation);
    reach(run, 'stop-container', spec.host, spec.id);
    await run.ledger.return(spec.host, peer(spec));
    await run.actions.startContainer(spec.host, spec.id);
    await run.actions.waitHealthy(spec, context);
    await arrived(spec, operation.staged ?? false, run);
  },
  manifest: async (operation, run, context) => {
    const spec = withPinnedImage(desired(operation), run.images);
    const before = run.present(spec.host, spec.id)?.spec;
    reach(run, 'write-manifest', spec.host, spec.id);
    await run.actions.writeManifest(spec);
    // A new check that never passes must not be found out at the next restart.
    if (!isDeepStrictEqual(before?.health, spec.health)) await run.actions.waitHealthy(spec, context);
  },
};

async function createNew(spec: ContainerSpec, run: ContainerRun, context: StepContext): Promise<void> {
  reach(run, 'remove-container', spec.host, spec.id);
  await run.actions.createContainer(spec, run.ledger.arrive(spec.host, peer(spec)), context);
  await run.actions.waitHealthy(spec, context);
}

/** Healthy: from now on it gets requests, or waits for the switch of its release. */
async function arrived(spec: ContainerSpec, staged: boolean, {ledger}: ContainerRun): Promise<void> {
  if (staged) ledger.standBy(spec.host, peer(spec));
  else await ledger.join(spec.host, peer(spec));
}

/** The superseded containers that are there; those that run are to be started again when this is taken back. */
function reachPrevious({previous}: ContainerOperation, run: ContainerRun): readonly string[] {
  return previous.flatMap(({host, id}) => {
    const before = run.present(host, id);
    if (before?.running) reach(run, 'start-container', host, id);
    return before?.exists ? [id] : [];
  });
}

/** Takes the superseded containers out of the names, then stops them; they stay until they are removed for good. */
async function retire(operation: ContainerOperation, run: ContainerRun): Promise<void> {
  for (const {host, id} of operation.previous) {
    const before = run.present(host, id);
    if (!before?.exists) continue;
    // One that crashes over and over does not run now, but its restart monitor would bring it back: it is stopped too.
    if (before.running) reach(run, 'start-container', host, id);
    await run.ledger.leave(host, id);
    await run.actions.stopContainer(host, id);
  }
}

function reach({inverse, reached}: ContainerRun, what: InverseStep['do'], host: HostName, id: string): void {
  const step = inverse.find(one => one.do === what && one.host === host && containerOf(one) === id);
  if (step) reached.add(step);
}

async function withLogs(error: unknown, operation: ContainerOperation, run: ContainerRun): Promise<unknown> {
  if (!operation.spec || !(error instanceof OutsideError) || error.lastLines || error.transient) return error;
  const lastLines = await run.actions.lastLogLines(operation.spec.host, operation.spec.id).catch(() => []);
  return new OutsideError({
    code: error.code,
    message: error.message,
    hint: error.hint,
    cause: error.cause,
    host: error.host,
    command: error.command,
    exitCode: error.exitCode,
    lastLines,
  });
}

/** The spec with the digest that an image operation of this run found out. */
export function withPinnedImage(spec: ContainerSpec, images: ReadonlyMap<string, PinnedImage>): ContainerSpec {
  if (spec.image.digest !== '') return spec;
  const image = images.get(spec.image.source);
  if (!image) throw new Bug(`no operation brought image ${spec.image.source} for ${spec.id}`);
  return {...spec, image};
}

function desired(operation: ContainerOperation): ContainerSpec {
  if (!operation.spec) throw new Bug(`operation ${operation.id} has no container to ${operation.how}`);
  return operation.spec;
}
