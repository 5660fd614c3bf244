import {isDeepStrictEqual} from 'node:util';
import type {ContainerOperation} from '../planner/plan.ts';
import type {ContainerSpec, PinnedImage} from '../runtime/container-spec.ts';
import {Bug, OutsideError} from '../spec/errors.ts';
import type {HostName} from '../spec/stack.ts';
import type {Actions, Peer, StepContext} from './actions.ts';
import type {NameLedger} from './name-ledger.ts';
import type {Undoable} from './undo-log.ts';

/** A container that was there before the plan ran. */
export interface Present {
  readonly host: HostName;
  readonly id: string;
  readonly running: boolean;
  /** Others know it by name. */
  readonly listed: boolean;
  /** containerd has it, running or not. */
  readonly exists: boolean;
  readonly spec?: ContainerSpec;
}

export interface ContainerRun {
  readonly actions: Actions;
  readonly ledger: NameLedger;
  readonly present: (host: HostName, id: string) => Present | undefined;
  /** Digests found out by image operations of this run, by `PinnedImage.source`. */
  readonly images: ReadonlyMap<string, PinnedImage>;
  /** Leaves what failed on the host, stopped, for people to look at. */
  readonly keepFailed: boolean;
  /** What a failed operation did could not be taken back: the host does not run what it ran before. */
  readonly onTakeBackFailed: (operation: string, error: unknown) => void;
}

/** How to take back what was done so far; newest last. */
type Inverses = (() => Promise<void>)[];

/**
 * Runs one container operation. Old containers are stopped, never removed: only `commit` removes them, so until then
 * `undo` brings back exactly what ran. When a step fails, what this operation did is taken back before it rejects.
 */
export async function runContainerOperation(
  operation: ContainerOperation,
  run: ContainerRun,
  context: StepContext,
): Promise<Undoable> {
  const inverses: Inverses = [];
  const takeBack = async () => {
    while (inverses.length > 0) await inverses.pop()!();
  };
  try {
    await steps[operation.how](operation, run, context, inverses);
  } catch (error) {
    const told = await withLogs(error, operation, run);
    await takeBack().catch(failure => run.onTakeBackFailed(operation.id, failure));
    throw told;
  }
  const commit = async () => {
    if (operation.how === 'manifest' || operation.how === 'start') return;
    for (const {host, id} of operation.previous) await run.actions.removeContainer(host, id);
  };
  return {operation: operation.id, service: operation.service, undo: takeBack, commit};
}

type Steps = (
  operation: ContainerOperation,
  run: ContainerRun,
  context: StepContext,
  inverses: Inverses,
) => Promise<void>;

const replace: Steps = async (operation, run, context, inverses) => {
  const spec = withPinnedImage(desired(operation), run.images);
  if (operation.order === 'stop-first') await retire(operation, run, context, inverses);
  await createNew(spec, run, context, inverses);
  if (operation.order === 'start-first') await retire(operation, run, context, inverses);
};

const steps: Record<ContainerOperation['how'], Steps> = {
  create: replace,
  replace,
  delete: (operation, run, context, inverses) => retire(operation, run, context, inverses),
  start: async (operation, run, context, inverses) => {
    const spec = desired(operation);
    inverses.push(async () => {
      await run.ledger.leave(spec.host, spec.id);
      await run.actions.stopContainer(spec.host, spec.id);
    });
    await run.actions.startContainer(spec.host, spec.id);
    await run.actions.waitHealthy(spec, context);
    await run.ledger.join(spec.host, peer(spec));
  },
  manifest: async (operation, run, context, inverses) => {
    const spec = withPinnedImage(desired(operation), run.images);
    const before = run.present(spec.host, spec.id)?.spec;
    if (before) inverses.push(() => run.actions.writeManifest(before));
    await run.actions.writeManifest(spec);
    // A new check that never passes must not be found out at the next restart.
    if (!isDeepStrictEqual(before?.health, spec.health)) await run.actions.waitHealthy(spec, context);
  },
};

async function createNew(
  spec: ContainerSpec,
  run: ContainerRun,
  context: StepContext,
  inverses: Inverses,
): Promise<void> {
  inverses.push(async () => {
    await run.ledger.leave(spec.host, spec.id);
    if (run.keepFailed) await run.actions.stopContainer(spec.host, spec.id);
    else await run.actions.removeContainer(spec.host, spec.id);
  });
  await run.actions.createContainer(spec, run.ledger.peers(spec.host), context);
  await run.actions.waitHealthy(spec, context);
  await run.ledger.join(spec.host, peer(spec));
}

/** Takes the superseded containers out of the names, then stops them; they stay until commit. */
async function retire(
  operation: ContainerOperation,
  run: ContainerRun,
  context: StepContext,
  inverses: Inverses,
): Promise<void> {
  for (const {host, id} of operation.previous) {
    const before = run.present(host, id);
    if (!before?.exists) continue;
    // One that crashes over and over does not run now, but its restart monitor would bring it back: it is stopped too.
    if (before.running) inverses.push(() => revive(before, run, context));
    await run.ledger.leave(host, id);
    await run.actions.stopContainer(host, id);
  }
}

async function revive(before: Present, run: ContainerRun, context: StepContext): Promise<void> {
  await run.actions.startContainer(before.host, before.id);
  if (!before.spec) return;
  // Taking back goes on after Ctrl-C: what ran before must run again, so the aborted signal is not passed on.
  await run.actions.waitHealthy(before.spec, {...context, signal: new AbortController().signal});
  await run.ledger.join(before.host, peer(before.spec));
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

function withPinnedImage(spec: ContainerSpec, images: ReadonlyMap<string, PinnedImage>): ContainerSpec {
  if (spec.image.digest !== '') return spec;
  const image = images.get(spec.image.source);
  if (!image) throw new Bug(`no operation brought image ${spec.image.source} for ${spec.id}`);
  return {...spec, image};
}

function desired(operation: ContainerOperation): ContainerSpec {
  if (!operation.spec) throw new Bug(`operation ${operation.id} has no container to ${operation.how}`);
  return operation.spec;
}

/** How others on the host know this container. */
export const peer = (spec: ContainerSpec): Peer => ({
  id: spec.id,
  service: spec.service,
  replica: spec.replica,
  address: spec.network.address,
});
