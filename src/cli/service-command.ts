import {Args} from '@oclif/core';
import type {ServicesEnd} from '../engine/change-services.ts';
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
import {servedEnvironment, servedFlags} from './served/served-flags.ts';
import {waitingHooks} from './waiting.ts';

interface ServiceFlagValues extends AbsenceValues {
  readonly project?: string;
  readonly env: string;
  readonly server?: string;
  readonly yes: boolean;
  readonly 'lock-wait': number;
}

interface Telling {
  readonly onEvent: (event: ApplyEvent) => void;
  readonly confirm: (environment: string, titles: readonly string[]) => Promise<void>;
}

/** start, stop and restart: what is done is told and agreed to, progress is shown, the exit code tells the end. */
export abstract class ServiceCommand extends EngineCommand {
  static override strict = false;
  static override args = {service: Args.string({description: 'Services of the stack; all when not given.'})};
  static override flags = {
    ...projectFlags,
    ...hostFlags,
    ...servedFlags,
    env: environmentFlag,
    yes: yesFlag,
    'lock-wait': lockWaitFlag,
  };

  protected async change(
    verb: 'start' | 'stop' | 'restart',
    flags: ServiceFlagValues,
    services: readonly string[],
  ): Promise<never> {
    const served = await servedEnvironment(flags, this.context(), this.signal);
    const {rowsOf} = await import('../engine/executor/run-rows.ts');
    const events: ApplyEvent[] = [];
    let progress: Progress | undefined;
    const confirm = async (environment: string, titles: readonly string[]) => {
      if (!this.json) for (const title of titles) this.note(printable(`  ${title}`));
      await confirmChange({question: `Do this in environment ${environment}?`, yes: flags.yes}, this.context());
      progress = await showProgress({
        operations: [],
        json: this.json,
        interactive: false,
        look: this.look(process.stderr),
      });
    };
    const onEvent = (event: ApplyEvent) => {
      if (event.type !== 'operation-progress') events.push(event);
      progress?.onEvent(event);
    };
    const {signal} = this;
    const changing = served
      ? confirm(served.subject.environment, [`${verb} ${services.join(', ') || 'all services'}`]).then(() =>
          served.operate(verb, services, {onEvent, signal}),
        )
      : this.#changeFromHere(verb, flags, services, {onEvent, confirm});
    const {result, durationMs} = await changing.finally(() => progress?.end());
    const {env: environment} = flags;
    if (!this.json) {
      const rows = rowsOf([], events, result);
      await this.show({...result, action: verb, environment, durationMs, rows, next: ['niyanta ps']}, applyView);
    } else if (progress === undefined) {
      await this.jsonLine(eventJson({type: 'result', at: new Date().toISOString(), ...result}));
    }
    this.exitWith(exitOfOutcome[result.outcome]);
  }

  async #changeFromHere(
    verb: 'start' | 'stop' | 'restart',
    flags: ServiceFlagValues,
    services: readonly string[],
    {onEvent, confirm}: Telling,
  ): Promise<ServicesEnd> {
    const session = await openOnlyProject(flags, this.context());
    const {changeServices} = await import('../engine/change-services.ts');
    return changeServices(session, {
      verb,
      services,
      maxUnreachable: maxUnreachable(flags, session),
      lockWaitMs: flags['lock-wait'],
      limitPerHost: 4,
      signal: this.signal,
      now: () => new Date(),
      ...waitingHooks(text => this.note(text)),
      onEvent,
      confirm: titles => confirm(session.environment, titles),
    });
  }
}
