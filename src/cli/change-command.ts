import type {ApplyEnd} from '../engine/apply-stack.ts';
import type {ApplyResult, OnEvent} from '../engine/executor/events.ts';
import type {Plan} from '../engine/planner/plan.ts';
import {NiyantaError} from '../engine/spec/errors.ts';
import {Exit, type ExitCode} from '../engine/spec/exit-codes.ts';
import type {LeaseHolder} from '../engine/state/store.ts';
import {applyView} from '../engine/view/apply-view.ts';
import {planView} from '../engine/view/plan-view.ts';
import {printable} from '../engine/view/printable.ts';
import {confirmChange} from './confirm.ts';
import {EngineCommand} from './engine-command.ts';
import {type Progress, showProgress} from './progress.ts';
import {waitingNotes} from './waiting.ts';

/** What a command hands to a use case that changes an environment. */
export interface ChangeHooks {
  readonly confirm: (plan: Plan) => Promise<void>;
  readonly onEvent: OnEvent;
  readonly onBuild: (label: string, line: string) => void;
  readonly onWait: (holder: LeaseHolder, place: number) => void;
  readonly onHostBusy: (host: string, doing: readonly string[]) => void;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

const exitOf: Readonly<Record<ApplyResult['outcome'], ExitCode>> = {
  unchanged: Exit.ok,
  applied: Exit.ok,
  failed: Exit.failed,
  'partly-applied': Exit.partlyApplied,
  'rolled-back': Exit.rolledBack,
  'rollback-failed': Exit.rollbackFailed,
  cancelled: Exit.interrupted,
};

/** Commands that change an environment: the plan is shown and agreed to, progress is shown, the exit code tells the end. */
export abstract class ChangeCommand extends EngineCommand {
  protected async change(
    {question, yes, next}: {readonly question: string; readonly yes: boolean; readonly next: readonly string[]},
    run: (hooks: ChangeHooks) => Promise<ApplyEnd>,
  ): Promise<never> {
    let progress: Progress | undefined;
    const begin = async (plan: Plan) => {
      if (!this.json) this.note(`${planView.text(plan, this.look(process.stderr))}\n`);
      await confirmChange({question: `${question} environment ${plan.environment}?`, yes}, this.context());
      const interactive = Boolean(process.stderr.isTTY) && process.env.TERM !== 'dumb';
      progress = await showProgress({
        operations: plan.operations,
        json: this.json,
        interactive,
        look: this.look(process.stderr),
      });
    };
    const end = await run({
      confirm: begin,
      onEvent: event => progress?.onEvent(event),
      onBuild: (label, line) => this.note(printable(`${label}: ${line}`)),
      onWait: waitingNotes(text => this.note(text)),
      onHostBusy: (host, doing) =>
        this.note(
          printable(
            `waiting for ${host}, where an earlier change goes on${doing.length > 0 ? `: ${doing.join(', ')}` : ''}`,
          ),
        ),
      now: () => new Date(),
      signal: this.signal,
    }).finally(() => progress?.end());
    await this.#tell(end, progress !== undefined, next);
    this.exitWith(exitOf[end.result.outcome]);
  }

  async #tell(end: ApplyEnd, shown: boolean, next: readonly string[]): Promise<void> {
    for (const leftover of end.leftovers) this.note(printable(`left behind: ${leftover}`));
    if (this.json) {
      if (!shown) await this.jsonLine({type: 'result', at: new Date().toISOString(), ...end.result});
      return;
    }
    const {environment} = end.plan;
    const worked = exitOf[end.result.outcome] === Exit.ok;
    await this.show({...end.result, environment, durationMs: end.durationMs, next: worked ? next : []}, applyView);
    if (end.error instanceof NiyantaError && end.error.hint) this.note(printable(`  → ${end.error.hint}`));
  }
}
