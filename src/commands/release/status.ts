import {Args} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';
import {servedEnvironment, servedFlags} from '../../cli/served/served-flags.ts';

export default class ReleaseStatus extends EngineCommand {
  static override summary = 'Show releases that are open or going on: who gets which part of the requests.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> web --env staging --json',
  ];
  static override args = {service: Args.string({description: 'Service; all of them when not given.'})};
  static override flags = {...projectFlags, ...servedFlags, env: environmentFlag};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ReleaseStatus);
    const {releaseView} = await import('../../engine/view/release-view.ts');
    const served = await servedEnvironment(flags, this.context(), this.signal);
    if (served) return this.show(await served.releases(args.service), releaseView);
    const session = await openOnlyProject(flags, this.context());
    const {releaseStatus} = await import('../../engine/release-status.ts');
    await this.show(await releaseStatus(session, args.service), releaseView);
  }
}
