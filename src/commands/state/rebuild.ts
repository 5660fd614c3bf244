import {confirmChange} from '../../cli/confirm.ts';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, yesFlag} from '../../cli/flags.ts';
import {hostFlags, maxUnreachable} from '../../cli/host-limits.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class StateRebuild extends EngineCommand {
  static override summary = 'Make the lock file anew from what the hosts run.';
  static override description =
    'For a state that is lost or broken. What runs where comes from the manifests on the hosts; history with the stacks ' +
    'to go back to, and what else manifests do not tell, from the copies of the state that each host of an environment ' +
    'keeps. A host that does not answer would be missing in it: that is an error unless --allow-unreachable is given. ' +
    'Hosts are not changed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --yes --json',
  ];
  static override flags = {...projectFlags, ...hostFlags, yes: yesFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(StateRebuild);
    const session = await openOnlyProject(flags, this.context());
    const question = `Replace ${session.store.location} with what the hosts run and remember?`;
    await confirmChange({question, yes: flags.yes}, this.context());
    const {rebuildState} = await import('../../engine/rebuild-state.ts');
    const {stateView} = await import('../../engine/view/state-view.ts');
    const {signal} = this;
    const options = {maxUnreachable: maxUnreachable(flags, session), signal, now: this.context().now};
    await this.show(await rebuildState(session, options), stateView);
  }
}
