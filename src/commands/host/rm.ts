import {Flags} from '@oclif/core';
import {confirmChange} from '../../cli/confirm.ts';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, requiredHostArg, yesFlag} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class HostRm extends EngineCommand {
  static override summary = 'Take a host out of niyanta.yaml. Nothing on the host changes.';
  static override description =
    'Refused while the lock file has replicas there: drain the host and apply first, so that they move.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> h3',
    '<%= config.bin %> <%= command.id %> h3 --force --yes',
  ];
  static override args = {host: requiredHostArg};
  static override flags = {
    ...projectFlags,
    force: Flags.boolean({summary: 'Even with replicas on it, which are left as they are.', default: false}),
    yes: yesFlag,
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(HostRm);
    const context = this.context();
    const session = await openOnlyProject(flags, context);
    const {removeHost} = await import('../../engine/remove-host.ts');
    const confirm = (question: string) => confirmChange({question, yes: flags.yes}, context);
    const removed = await removeHost(session, args.host, {force: flags.force, env: context.env, confirm});
    const left = removed.left.length > 0 ? `; left on it: ${removed.left.join(', ')}` : '';
    await this.show(removed, {text: () => `removed ${removed.host} from niyanta.yaml${left}`});
  }
}
