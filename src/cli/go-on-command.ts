import {Flags} from '@oclif/core';
import type {RunStory} from '../engine/executor/run-story.ts';
import {isUnfinished} from '../engine/executor/run-story.ts';
import {Exit, type ExitCode} from '../engine/spec/exit-codes.ts';
import {printableJson} from '../engine/view/printable.ts';
import {foundJson, foundText, nothingInterrupted, undoLines, undoneText} from '../engine/view/run-view.ts';
import {ChangeCommand} from './change-command.ts';
import {confirmChange} from './confirm.ts';
import {type HostLimitValues, hostLimits} from './host-limits.ts';
import {openOnlyProject} from './open.ts';
import {showProgress} from './progress.ts';
import {waitingHooks} from './waiting.ts';

/** Flags that a run has already decided. */
const ofStack = ['param', 'target', 'pull', 'locked'];

export const goOnFlags = {
  resume: Flags.boolean({
    summary: 'Go on with the apply, rollback or destroy that was interrupted, with the stack and images it had.',
    default: false,
    exclusive: ['undo', ...ofStack],
  }),
  undo: Flags.boolean({
    summary: 'Take back what the apply that was interrupted did, as far as hosts still run it.',
    default: false,
    exclusive: [...ofStack, 'report'],
  }),
};

interface GoOnFlags extends HostLimitValues {
  readonly project?: string;
  readonly env: string;
  readonly yes: boolean;
  readonly 'lock-wait': number;
  readonly 'on-failure': 'rollback' | 'stop' | 'continue';
  readonly 'keep-failed': boolean;
}

const exitOf: Readonly<Record<'undone' | 'partly-undone' | 'undo-failed', ExitCode>> = {
  undone: Exit.ok,
  'partly-undone': Exit.partlyApplied,
  'undo-failed': Exit.rollbackFailed,
};

/** `--resume` and `--undo`: what the journal has is told first, then gone on with or taken back. */
export abstract class GoOnCommand extends ChangeCommand {
  protected async resume(flags: GoOnFlags, run: string | undefined): Promise<never> {
    const session = await openOnlyProject(flags, this.context());
    const {resumeApply} = await import('../engine/resume-apply.ts');
    const next = ['niyanta ps', 'niyanta history'];
    return this.change(session, {question: 'Go on with this in', yes: flags.yes, next}, async hooks => {
      const {found, end} = await resumeApply(session, {
        ...hooks,
        run,
        onFound: story => this.#tellFound(story, story !== undefined && isUnfinished(story)),
        ...hostLimits(flags, session),
        lockWaitMs: flags['lock-wait'],
        onFailure: flags['on-failure'],
        keepFailed: flags['keep-failed'],
      });
      return end ?? this.#nothing(nothingInterrupted(found));
    });
  }

  protected async undo(flags: GoOnFlags, run: string | undefined): Promise<never> {
    const session = await openOnlyProject(flags, this.context());
    const {undoApply} = await import('../engine/undo-apply.ts');
    const look = this.look(process.stderr);
    const progress = await showProgress({operations: [], json: this.json, interactive: false, look});
    const end = await undoApply(session, {
      run,
      onFound: (story, operations) => {
        this.#tellFound(story, operations.length > 0);
        if (!this.json) for (const line of undoLines(operations)) this.note(line);
      },
      confirm: () =>
        confirmChange(
          {question: `Take this back in environment ${session.environment}?`, yes: flags.yes},
          this.context(),
        ),
      onEvent: progress.onEvent,
      ...waitingHooks(text => this.note(text)),
      ...hostLimits(flags, session),
      lockWaitMs: flags['lock-wait'],
      now: () => new Date(),
      signal: this.signal,
    }).finally(() => progress.end());
    const {outcome, undone, left, serial} = end;
    if (outcome === undefined) return this.#nothing(nothingInterrupted(end.found));
    if (this.json) {
      await this.jsonLine({
        type: 'undo-ended',
        at: new Date().toISOString(),
        outcome,
        serial,
        undone,
        left,
        exitCode: exitOf[outcome],
      });
    } else await this.line(undoneText({outcome, undone, left, environment: session.environment, serial}));
    return this.exitWith(exitOf[outcome]);
  }

  #tellFound(story: RunStory | undefined, worthTelling: boolean): void {
    if (this.json) process.stdout.write(`${printableJson(foundJson(story))}\n`);
    else if (story && worthTelling) this.note(foundText(story));
  }

  async #nothing(text: string): Promise<never> {
    if (this.json) await this.jsonLine({type: 'nothing-to-do', at: new Date().toISOString(), message: text});
    else await this.line(text);
    return this.exitWith(Exit.ok);
  }
}
