import {loadPlan} from '../../engine/saved-plan.ts';
import {printable} from '../../engine/view/printable.ts';
import {GoOnCommand} from '../go-on-command.ts';
import {sendProject} from './send-project.ts';
import {refuseWithServer, servedEnvironment} from './served-flags.ts';

interface ServedApplyFlags {
  readonly server?: string;
  readonly customer?: string;
  readonly project?: string;
  readonly file?: readonly string[];
  readonly env: string;
  readonly param?: readonly string[];
  readonly target?: readonly string[];
  readonly pull: boolean;
  readonly yes: boolean;
  readonly 'on-failure': 'rollback' | 'stop' | 'continue';
}

/** An apply by the coordinator that serves the environment: the project is sent, its plan shown, the change followed. */
export abstract class ServedApplyCommand extends GoOnCommand {
  protected async applyThrough(given: ServedApplyFlags, planFile: string | undefined): Promise<never> {
    refuseWithServer(given as object as Record<string, unknown>, ['resume', 'undo', 'locked', 'keep-failed']);
    const saved = planFile === undefined ? undefined : await loadPlan(planFile);
    const flags = {...given, ...saved?.request};
    const {signal} = this;
    const context = this.context();
    const served = (await servedEnvironment(flags, context, signal))!;
    const next = [`niyanta ps --server ${flags.server}`, `niyanta history --server ${flags.server}`];
    return this.change(served.subject, {question: 'Apply this plan to', yes: flags.yes, next}, async hooks => {
      const note = (text: string) => this.note(printable(text));
      const bundle = await sendProject(served, flags, {context, signal, note});
      const {target: targets, pull, 'on-failure': onFailure} = flags;
      return served.apply(bundle, {targets, pull, onFailure, saved: saved?.plan}, hooks);
    });
  }
}
