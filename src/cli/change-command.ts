import {Errors, type Interfaces} from '@oclif/core';
import type {ApplyEnd} from '../engine/apply-stack.ts';
import type {EarlierRun} from '../engine/earlier-run.ts';
import type {OnEvent} from '../engine/executor/events.ts';
import type {Plan} from '../engine/planner/plan.ts';
import {NiyantaError} from '../engine/spec/errors.ts';
import {Exit, type ExitCode, exitOfOutcome} from '../engine/spec/exit-codes.ts';
import type {LeaseHolder} from '../engine/state/store.ts';
import {type ApplySummary, applyView} from '../engine/view/apply-view.ts';
import {eventJson} from '../engine/view/event-json.ts';
import {planView} from '../engine/view/plan-view.ts';
import {printable} from '../engine/view/printable.ts';
import {earlierText} from '../engine/view/run-view.ts';
import {ChangeAccount, type ChangeSubject} from './change-account.ts';
import {confirmChange} from './confirm.ts';
import {EngineCommand} from './engine-command.ts';
import {formatFlag} from './format.ts';
import {beginGroup, endGroup} from './github-actions.ts';
import {type Progress, showProgress} from './progress.ts';
import {recognised} from './report-error.ts';
import {reportFlag, reportPath} from './report-flag.ts';
import {waitingHooks} from './waiting.ts';

/** What a command hands to a use case that changes an environment. */
export interface ChangeHooks {
  readonly confirm: (plan: Plan) => Promise<void>;
  readonly onEvent: OnEvent;
  readonly onBuild: (label: string, line: string) => void;
  readonly onWait: (holder: LeaseHolder, place: number) => void;
  readonly onHostBusy: (host: string, doing: readonly string[]) => void;
  readonly onEarlier: (earlier: EarlierRun) => void;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** How a command asks before it changes something, and what it advises afterwards. */
export interface ChangeWords {
  readonly question: string;
  readonly yes: boolean;
  readonly next: readonly string[];
}

/** Flags of every command that changes an environment by a plan. */
export const changeFlags = {format: formatFlag(['text', 'json', 'github'] as const), report: reportFlag};

/** Commands that change an environment: the plan is shown and agreed to, progress is shown, the exit code tells the end. */
export abstract class ChangeCommand extends EngineCommand {
  readonly #account = new ChangeAccount(this.ctor.id);

  protected async change(
    subject: ChangeSubject,
    words: ChangeWords,
    run: (hooks: ChangeHooks) => Promise<ApplyEnd>,
  ): Promise<never> {
    this.exitWith(await this.changeOne(subject, words, run));
  }

  /** One of several changes: its exit code, for the command to go on. */
  protected async changeOne(
    subject: ChangeSubject,
    {question, yes, next}: ChangeWords,
    run: (hooks: ChangeHooks) => Promise<ApplyEnd>,
  ): Promise<ExitCode> {
    this.#account.subject = subject;
    let progress: Progress | undefined;
    const end = await run({
      confirm: async plan => {
        this.#account.plan = plan;
        this.#showPlan(plan);
        await confirmChange({question: `${question} environment ${plan.environment}?`, yes}, this.context());
        progress = await this.#showProgress(plan);
      },
      onEvent: event => {
        this.#account.take(event);
        progress?.onEvent(event);
      },
      onEarlier: earlier => this.note(earlierText(earlier)),
      onBuild: (label, line) => this.note(printable(`${label}: ${line}`)),
      ...waitingHooks(text => this.note(text)),
      now: () => new Date(),
      signal: this.signal,
    }).finally(() => this.#endProgress(progress));
    const summary = this.#account.summary(end, next);
    await this.#tell(end, summary, progress !== undefined);
    await this.#account.ended(end, summary, this.speaksToGitHub);
    return exitOfOutcome[end.result.outcome];
  }

  /** Remembers where the report goes, so that it is written whatever happens from here on. */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse<F, B, A>(options, argv);
    const {report} = parsed.flags as {readonly report?: string};
    if (report !== undefined) this.#account.reportFile = await reportPath(report);
    return parsed;
  }

  protected override async catch(error: Error): Promise<never> {
    if (!(error instanceof Errors.ExitError)) await this.#account.brokeOff(recognised(error), this.speaksToGitHub);
    throw error;
  }

  #showPlan(plan: Plan): void {
    if (this.json) return;
    if (this.speaksToGitHub) beginGroup(`Plan for environment ${plan.environment}`);
    this.note(`${planView.text(plan, this.look(process.stderr))}\n`);
    if (this.speaksToGitHub) endGroup();
  }

  async #showProgress({operations}: Plan): Promise<Progress> {
    if (this.speaksToGitHub) beginGroup(`${operations.length} operations`);
    const interactive = Boolean(process.stderr.isTTY) && process.env.TERM !== 'dumb' && !this.speaksToGitHub;
    return showProgress({operations, json: this.json, interactive, look: this.look(process.stderr)});
  }

  async #endProgress(progress: Progress | undefined): Promise<void> {
    await progress?.end();
    if (progress && this.speaksToGitHub) endGroup();
  }

  async #tell({result, error}: ApplyEnd, summary: ApplySummary, shown: boolean): Promise<void> {
    if (this.json) {
      if (!shown) await this.jsonLine(eventJson({type: 'result', at: new Date().toISOString(), ...result}));
      return;
    }
    await this.show(summary, applyView);
    const failed = exitOfOutcome[result.outcome] !== Exit.ok;
    if (failed && error instanceof NiyantaError && error.hint) this.note(printable(`  → ${error.hint}`));
  }
}
