import type {HookOperation} from '../planner/plan.ts';
import {exitReason} from '../runtime/exit-reason.ts';
import {OutsideError} from '../spec/errors.ts';
import type {Actions, StepContext} from './actions.ts';
import {withPinnedImage} from './container-steps.ts';
import {peer} from './peer.ts';
import type {OperationRun} from './run-operation.ts';
import type {Failure} from './take-back.ts';

/** Lines of a hook's log that the journal keeps. */
const keptLines = 100;

/**
 * Runs a hook to its end, again as often as it may be when it fails. Its container stays
 * until the change is through: it tells an apply after one that was cut off that the hook was done.
 * Errors: OutsideError `hook-failed`, `hook-timeout`, each with its last lines.
 */
export async function runHook(operation: HookOperation, run: OperationRun, context: StepContext): Promise<void> {
  for (let left = operation.retries; ; left -= 1) {
    try {
      return await once(operation, run, context);
    } catch (error) {
      const mayRetry = error instanceof OutsideError && /^hook-(failed|timeout)$/.test(error.code);
      if (left === 0 || !mayRetry || context.signal.aborted) throw error;
      context.onProgress(`${error.message}; tried again`);
    }
  }
}

async function once(operation: HookOperation, run: OperationRun, context: StepContext): Promise<void> {
  const {actions, ledger, inverse, reached} = run;
  const spec = withPinnedImage(operation.spec, run.images);
  for (const step of inverse) reached.add(step);
  const lines = () => actions.lastLogLines(spec.host, spec.id, keptLines).catch((): readonly string[] => []);
  try {
    await actions.createContainer(spec, ledger.arrive(spec.host, peer(spec)), context);
    const end = await actions.waitEnded(spec, operation.timeoutMs, context);
    if (end.code === 0) return run.onPrinted(await lines());
    const what = `the hook ${operation.hook} on ${spec.host} failed: ${exitReason(end, spec.resources.memory)}`;
    throw new OutsideError({code: 'hook-failed', message: what, host: spec.host, exitCode: end.code});
  } catch (error) {
    if (!(error instanceof OutsideError) || !error.code.startsWith('hook-')) throw error;
    const {code, message, host, exitCode} = error;
    const hint = `What it printed is kept: niyanta logs --hook ${operation.hook}`;
    throw new OutsideError({code, message, host, exitCode, hint, lastLines: await lines()});
  } finally {
    await ledger.leave(spec.host, spec.id);
  }
}

/** Runs hooks one after another whatever becomes of them, and removes their containers; returns what failed. */
export async function runFailureHooks(
  hooks: readonly HookOperation[],
  actions: Actions,
  run: (hook: HookOperation) => Promise<void>,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const hook of hooks) {
    const {id: operation, host, spec} = hook;
    await run(hook).catch(error => failures.push({operation, error}));
    await actions.removeContainer(host, spec.id).catch(error => failures.push({operation, error}));
  }
  return failures;
}
