import {confirmChange} from '../../cli/confirm.ts';
import {EngineCommand} from '../../cli/engine-command.ts';
import {environmentFlag, projectFlags, yesFlag} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class LockRelease extends EngineCommand {
  static override summary = 'Break the lease on an environment, when its holder is certainly gone.';
  static override description =
    'A holder that is still there can write nothing more and stops. A lease that is no longer renewed ends by itself ' +
    'after 15 seconds, that of a process of this machine that has ended at once; so this is seldom needed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --env staging --yes',
  ];
  static override flags = {...projectFlags, env: environmentFlag, yes: yesFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(LockRelease);
    const session = await openOnlyProject(flags, this.context());
    const {lockStatus} = await import('../../engine/lock-status.ts');
    const {releaseLock} = await import('../../engine/release-lock.ts');
    const {holder} = await lockStatus(session);
    if (holder) {
      const question = `Take environment ${session.environment} from ${holder.owner} (${holder.reason})?`;
      await confirmChange({question, yes: flags.yes}, this.context());
    }
    const released = await releaseLock(session);
    await this.show(
      {environment: session.environment, released},
      {
        text: () =>
          released
            ? `released environment ${session.environment}, held by ${released.owner} since ${released.since}`
            : `environment ${session.environment} was free`,
      },
    );
  }
}
