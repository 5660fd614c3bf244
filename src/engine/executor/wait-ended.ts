import {setTimeout as sleep} from 'node:timers/promises';
import type {Connection} from '../hosts/connection.ts';
import type {ContainerSpec} from '../runtime/container-spec.ts';
import {parseTaskEnd, type TaskEnd, taskEndOf} from '../runtime/exit-code.ts';
import {OutsideError} from '../spec/errors.ts';
import type {StepContext} from './actions.ts';
import {isTransient} from './retry.ts';
import type {TaskWatch} from './task-watch.ts';

export interface EndWait {
  readonly connection: Connection;
  readonly tasks: TaskWatch;
  readonly spec: ContainerSpec;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly context: StepContext;
  /** The last line that it printed, if any. */
  readonly lastLine: () => Promise<string | undefined>;
}

/** How often the task is looked at. Milliseconds. */
const lookMs = 200;
/** How often its log is. */
const logMs = 1000;
/** So many looks in which a task neither runs nor has ended mean that it is gone. */
const looksForUnseen = 10;
/** How long a host may be away meanwhile: the job there goes on, and is never begun a second time for that. */
const awayMs = 60_000;

/**
 * Waits until a job has ended; resolves with how. Errors: OutsideError `hook-timeout`, `hook-lost` when
 * nobody can tell how it ended, and those of a host that is away for long.
 */
export async function waitEnded({
  connection,
  tasks,
  spec,
  timeoutMs,
  now,
  context,
  lastLine,
}: EndWait): Promise<TaskEnd> {
  const began = now();
  let unseen = 0;
  let told = began;
  let answered = began;
  for (;;) {
    context.signal.throwIfAborted();
    if (now() - began > timeoutMs)
      throw failure('hook-timeout', spec, `did not end within ${Math.round(timeoutMs / 1000)} s`);
    try {
      const running = (await tasks.states(began)).get(spec.id)?.running ?? false;
      if (!running) {
        const {stdout} = await connection.run(taskEndOf(spec.id), {timeoutMs: 10_000});
        const {now: end} = parseTaskEnd(stdout, spec.id);
        if (end) return end;
        if (++unseen >= looksForUnseen)
          throw failure('hook-lost', spec, 'is not there any more: nobody knows how it ended');
      } else if (now() - told > logMs) {
        told = now();
        const line = await lastLine();
        if (line !== undefined) context.onProgress(line);
      }
      answered = now();
    } catch (error) {
      if (!isTransient(error)) throw error;
      // Not to be tried again: it may be under way.
      if (now() - answered > awayMs) throw failure('hook-lost', spec, `cannot be watched: ${(error as Error).message}`);
    }
    await sleep(lookMs, undefined, {signal: context.signal});
  }
}

const failure = (code: string, {service, host}: ContainerSpec, what: string): OutsideError =>
  new OutsideError({code, message: `the hook ${service.replace(/\.hook$/, '')} on ${host} ${what}`, host});
