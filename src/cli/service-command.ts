import {Args} from '@oclif/core';
import type {ApplyEvent} from '../engine/executor/events.ts';
import {exitOfOutcome} from '../engine/spec/exit-codes.ts';
import {applyView} from '../engine/view/apply-view.ts';
import {eventJson} from '../engine/view/event-json.ts';
import {printable} from '../engine/view/printable.ts';
import {confirmChange} from './confirm.ts';
import {EngineCommand} from './engine-command.ts';
import {environmentFlag, lockWaitFlag, projectFlags, yesFlag} from './flags.ts';
import {type AbsenceValues, hostFlags, maxUnreachable} from './host-limits.ts';
import {openOnlyProject} from './open.ts';
import {type Progress, showProgress} from './progress.ts';
import {waitingHooks} from './waiting.ts';

interface ServiceFlagValues extends AbsenceValues {
  readonly project?: string;
  readonly env: string;
  readonly yes: boolean;
  readonly 'lock-wait': number;
}

/** start, stop and restart: what is done is told and agreed to, progress is shown, the exit code tells the end. */
export abstract class ServiceCommand extends EngineCommand {
  static override strict = false;
  static override args = {service: Args.string({description: 'Services of the stack; all when not given.'})};
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    env: environmentFlag,
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
  };

  protected async change(
    verb: 'start' | 'stop' | 'restart',
    flags: ServiceFlagValues,
    services: readonly string[],
  ): Promise<never> {
    const session = await openOnlyProject(flags, this.context());
    const {changeServices} = await import('../engine/change-services.ts');
    const {rowsOf} = await import('../engine/executor/run-rows.ts');
    const events: ApplyEvent[] = [];
    let progress: Progress | undefined;
    const {result, durationMs} = await changeServices(session, {
      verb,
      services,
      maxUnreachable: maxUnreachable(flags, session),
      lockWaitMs: flags['lock-wait'],
      limitPerHost: 4,
      signal: this.signal,
      now: () => new Date(),
      ...waitingHooks(text => this.note(text)),
      onEvent: event => {
        if (event.type !== 'operation-progress') events.push(event);
        progress?.onEvent(event);
      },
      confirm: async titles => {
        if (!this.json) for (const title of titles) this.note(printable(`  ${title}`));
        await confirmChange(
          {question: `Do this in environment ${session.environment}?`, yes: flags.yes},
          this.context(),
        );
        const look = this.look(process.stderr);
        progress = await showProgress({operations: [], json: this.json, interactive: false, look});
      },
    }).finally(() => progress?.end());
    if (!this.json) {
      const {environment} = session;
      const rows = rowsOf([], events, result);
      await this.show({...result, action: verb, environment, durationMs, rows, next: ['niyanta ps']}, applyView);
    } else if (progress === undefined) {
      await this.jsonLine(eventJson({type: 'result', at: new Date().toISOString(), ...result}));
    }
    this.exitWith(exitOfOutcome[result.outcome]);
  }
}
