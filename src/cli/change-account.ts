import type {ApplyEnd} from '../engine/apply-stack.ts';
import {changeReport, planRows, writeReport} from '../engine/change-report.ts';
import type {ApplyEvent} from '../engine/executor/events.ts';
import type {Plan} from '../engine/planner/plan.ts';
import {NiyantaError} from '../engine/spec/errors.ts';
import {exitOfOutcome} from '../engine/spec/exit-codes.ts';
import type {ServicePlaces} from '../engine/spec/index.ts';
import {failureAnnotations, planAnnotations} from '../engine/view/annotations.ts';
import type {ApplySummary} from '../engine/view/apply-view.ts';
import {planMarkdown} from '../engine/view/plan-markdown.ts';
import {printable} from '../engine/view/printable.ts';
import {resultMarkdown} from '../engine/view/result-markdown.ts';
import {addSummary, annotate, setOutputs} from './github-actions.ts';
import {tell} from './output.ts';

/** What a change is about. */
export interface ChangeSubject {
  readonly project: {readonly name: string};
  readonly environment: string;
  /** Absent when the stack comes from the history. */
  readonly places?: ServicePlaces;
}

/** What happens in one change, kept so that it can be accounted for however it ends. */
export class ChangeAccount {
  readonly #action: string;
  readonly #began = new Date();
  readonly #events: ApplyEvent[] = [];
  subject: ChangeSubject | undefined;
  plan: Plan | undefined;
  /** Where the report goes. */
  reportFile: string | undefined;

  constructor(action: string) {
    this.#action = action;
  }

  /** Mere progress is not kept: there may be any number of it. */
  take(event: ApplyEvent): void {
    if (event.type !== 'operation-progress') this.#events.push(event);
  }

  summary({plan, result, durationMs}: ApplyEnd, next: readonly string[]): ApplySummary {
    const {environment} = plan;
    const rows = planRows(plan, this.#events, result);
    return {...result, action: this.#action, environment, durationMs, rows, next};
  }

  /** Writes the report of a change that came to an end, and tells GitHub. */
  async ended(end: ApplyEnd, summary: ApplySummary, toGitHub: boolean): Promise<void> {
    this.plan = end.plan;
    const {outcome, serial} = end.result;
    const error = end.error instanceof NiyantaError ? end.error : undefined;
    const exitCode = exitOfOutcome[outcome];
    if (toGitHub) {
      const places = this.subject?.places ?? new Map();
      annotate([
        ...failureAnnotations(end.plan, summary.rows, end.leftovers, places),
        ...planAnnotations(end.plan, places),
      ]);
      addSummary([resultMarkdown(summary), planMarkdown(end.plan)].join('\n\n'));
      setOutputs({outcome, 'exit-code': exitCode, serial});
    }
    await this.#report({result: end.result, error, exitCode});
  }

  /** The same of one that an error ended. */
  async brokeOff(error: NiyantaError, toGitHub: boolean): Promise<void> {
    const begun = this.#events.some(({type}) => type === 'started');
    if (toGitHub) setOutputs({outcome: begun ? 'broken-off' : 'not-begun', 'exit-code': error.exit});
    await this.#report({error, exitCode: error.exit});
  }

  /** That a report cannot be written changes nothing about how the change ended. */
  async #report(end: Pick<Parameters<typeof changeReport>[0], 'result' | 'error' | 'exitCode'>): Promise<void> {
    if (this.reportFile === undefined) return;
    const [project, environment] = [this.subject?.project.name, this.subject?.environment];
    const known = {action: this.#action, project, environment, began: this.#began, ended: new Date()};
    const report = changeReport({...known, plan: this.plan, events: this.#events, ...end});
    await writeReport(this.reportFile, report).catch((error: Error) =>
      tell(printable(`the report could not be written to ${this.reportFile}: ${error.message}`)),
    );
  }
}
