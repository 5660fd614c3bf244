import type {ApiClient} from '../../engine/client/api-client.ts';
import {type ChangeOnServer, followChange} from '../../engine/client/environments.ts';
import type {ApplyEvent, ApplyResult} from '../../engine/executor/events.ts';
import type {Plan} from '../../engine/planner/plan.ts';
import type {ChangeEnd} from '../../engine/run-change.ts';
import {UserError} from '../../engine/spec/errors.ts';
import {Exit, type ExitCode} from '../../engine/spec/exit-codes.ts';
import type {ChangeHooks} from '../change-command.ts';

/** What a change that was not begun exits with, where it is not plainly failed. */
const exitOf: Readonly<Record<string, ExitCode>> = {'lock-held': Exit.lockHeld, 'stale-plan': Exit.stalePlan};

/**
 * Tells what happens in a change until it has ended. Ctrl-C ends the telling alone. Errors: what it was refused for;
 * UserError `goes-on`.
 */
export async function followToTheEnd<P extends Pick<Plan, 'serial'>>(
  client: ApiClient,
  change: ChangeOnServer,
  plan: P,
  {onEvent, signal}: Pick<ChangeHooks, 'onEvent' | 'signal'>,
): Promise<ChangeEnd & {readonly plan: P}> {
  let result: ApplyResult | undefined;
  try {
    const events = followChange(client, change, signal);
    for (;;) {
      const {value, done} = await events.next();
      if (done) return endOf(value, plan, result);
      const event = value as ApplyEvent;
      if (event.type === 'result') {
        const {type: _, at: __, ...told} = event;
        result = told;
      }
      onEvent(event);
    }
  } catch (error) {
    if (signal.aborted) throw goesOn(change);
    throw error;
  }
}

function endOf<P extends Pick<Plan, 'serial'>>(
  change: ChangeOnServer,
  plan: P,
  told: ApplyResult | undefined,
): ChangeEnd & {readonly plan: P} {
  const {outcome, startedAt, endedAt} = change;
  if (!outcome || outcome.result === 'refused') throw refused(change);
  const result = told ?? {
    outcome: outcome.result as ApplyResult['outcome'],
    serial: outcome.serial ?? plan.serial,
    operations: [],
  };
  const {error} = outcome;
  return {
    plan,
    result,
    leftovers: outcome.leftovers ?? [],
    durationMs: startedAt && endedAt ? Date.parse(endedAt) - Date.parse(startedAt) : 0,
    ...(error && {error: new UserError({...error, exit: Exit.failed})}),
  };
}

function refused({environment, number, outcome}: ChangeOnServer): UserError {
  const {code = 'refused', message = `change ${number} of ${environment} was not begun`, hint} = outcome?.error ?? {};
  return new UserError({code, message, ...(hint !== undefined && {hint}), exit: exitOf[code] ?? Exit.failed});
}

const goesOn = ({environment, number}: ChangeOnServer): UserError =>
  new UserError({
    code: 'goes-on',
    message: `change ${number} of ${environment} goes on at the coordinator`,
    hint: 'See how it went: niyanta history --server …',
    exit: Exit.interrupted,
  });
