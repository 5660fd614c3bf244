import {pipeline, type Readable} from 'node:stream';
import {extract, pack} from 'tar-stream';
import {z} from 'zod';
import {corruptCheckpoint} from '../checkpoints/checkpoint-errors.ts';
import {type Clock, pause, systemClock} from '../clock.ts';
import {goOnFrom} from './go-on-from.ts';
import type {Attempt, AttemptEnd, CheckpointKeeper, WorkloadType} from './workload-type.ts';

const config = z.strictObject({
  /** How long it takes. */
  seconds: z.number().min(0).max(86_400),
  /** How it ends; 0 is success. */
  exitCode: z.int().min(0).max(255).default(0),
  /** Whether a failure is worth another attempt whatever exit codes say. */
  transient: z.boolean().default(false),
});

export type SleepConfig = z.infer<typeof config>;

interface Sleeper {
  readonly sleptBeforeMs: number;
  readonly beganAt: number;
  readonly closed: AbortController;
}

const tellEveryMs = 500;
const stateFile = 'state.json';
const state = z.strictObject({sleptMs: z.number().min(0)});

/**
 * A workload that only takes its time, in the coordinator itself: to try the coordinator, and to see how a type is made.
 * It goes on from its checkpoints; without one, a coordinator that starts anew has it begin again.
 */
export function sleepType(keeper: CheckpointKeeper, clock: Clock = systemClock): WorkloadType<SleepConfig> {
  const now = () => clock.monotonicMs();
  const from = new Map<string, number>();
  const sleepers = new Map<string, Sleeper>();
  const keyOf = ({workload, attempt}: Pick<Attempt, 'workload' | 'attempt'>) => `${workload.id}.${attempt}`;
  const sleptMs = ({sleptBeforeMs, beganAt}: Sleeper) => sleptBeforeMs + now() - beganAt;
  const percent = (slept: number, seconds: number) => Math.min(100, Math.floor(slept / seconds / 10));

  return {
    name: 'sleep',
    config,
    onHost: false,

    async init(attempt) {
      await goOnFrom(attempt, keeper, async tar => {
        from.set(keyOf(attempt), await readState(tar));
      });
    },

    async execute(attempt): Promise<AttemptEnd> {
      const {config, report, signal} = attempt;
      const key = keyOf(attempt);
      const sleeper = {sleptBeforeMs: from.get(key) ?? 0, beganAt: now(), closed: new AbortController()};
      sleepers.set(key, sleeper);
      report.started();
      const ending = AbortSignal.any([signal, sleeper.closed.signal]);
      for (let left = config.seconds * 1000 - sleptMs(sleeper); left > 0; ) {
        await pause(clock, Math.min(left, tellEveryMs), ending);
        signal.throwIfAborted();
        if (ending.aborted)
          return {
            outcome: 'failed',
            exitCode: 143,
            reason: 'exit 143: killed by SIGTERM',
            transient: false,
            outputs: {},
          };
        report.progress(percent(sleptMs(sleeper), config.seconds));
        left = config.seconds * 1000 - sleptMs(sleeper);
      }
      const {exitCode, transient} = config;
      const outcome = exitCode === 0 ? 'succeeded' : 'failed';
      const result = exitCode === 0 ? {sleptMs: Math.round(sleptMs(sleeper))} : undefined;
      return {outcome, exitCode, reason: `exit ${exitCode}`, transient, result, outputs: {}};
    },

    async checkpoint(attempt) {
      const sleeper = sleepers.get(keyOf(attempt));
      if (!sleeper) return undefined;
      const slept = sleptMs(sleeper);
      const tar = pack();
      tar.entry({name: stateFile}, JSON.stringify({sleptMs: slept}));
      tar.finalize();
      const kept = await keeper.keep(attempt, tar as unknown as Readable);
      return {...kept, progress: percent(slept, attempt.config.seconds)};
    },

    async close(attempt) {
      sleepers.get(keyOf(attempt))?.closed.abort();
      sleepers.delete(keyOf(attempt));
      from.delete(keyOf(attempt));
    },
  };
}

async function readState(tar: Readable): Promise<number> {
  let text = '';
  const entries = extract();
  pipeline(tar, entries, () => undefined);
  for await (const entry of entries) for await (const chunk of entry) text += String(chunk);
  const read = state.safeParse(parsed(text));
  if (!read.success) throw corruptCheckpoint('it is none of a sleep');
  return read.data.sleptMs;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
