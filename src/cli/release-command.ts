import {Args} from '@oclif/core';
import {askedView} from '../engine/view/release-view.ts';
import {ChangeCommand, changeFlags} from './change-command.ts';
import {environmentFlag, lockWaitFlag, projectFlags, yesFlag} from './flags.ts';
import {hostFlags, hostLimitFlags, hostLimits} from './host-limits.ts';
import {openOnlyProject} from './open.ts';
import {servedEnvironment, servedFlags} from './served/served-flags.ts';
import {waitingHooks} from './waiting.ts';

/** Flags of commands that bring a release to an end. */
export const releaseFlags = {
  ...projectFlags,
  ...hostFlags,
  ...hostLimitFlags,
  ...changeFlags,
  ...servedFlags,
  env: environmentFlag,
  yes: yesFlag,
  'lock-wait': lockWaitFlag,
};

export const releaseArgs = {
  service: Args.string({description: 'Service; all whose release is open when not given.'}),
};

type ReleaseFlags = Parameters<typeof openOnlyProject>[0] &
  Parameters<typeof hostLimits>[0] & {
    readonly env: string;
    readonly server?: string;
    readonly yes: boolean;
    readonly 'lock-wait': number;
    readonly parallel?: number;
  };

/** What promoting and aborting a release share. */
export abstract class ReleaseCommand extends ChangeCommand {
  protected async endRelease(
    what: 'promote' | 'abort',
    flags: ReleaseFlags,
    service: string | undefined,
  ): Promise<void> {
    const question = what === 'promote' ? 'Promote the release in' : 'Abort the release in';
    const words = {question, yes: flags.yes, next: ['niyanta release status', 'niyanta ps']};
    const served = await servedEnvironment(flags, this.context(), this.signal);
    if (served) {
      const asked = await served.askRunning(what, service);
      if (asked) return this.show({...asked, what}, askedView);
      return this.change(served.subject, words, hooks => served.endRelease(what, service, hooks));
    }
    const session = await openOnlyProject(flags, this.context());
    const {askRunning} = await import('../engine/open-releases.ts');
    const {endRelease} = await import('../engine/end-release.ts');
    const now = () => new Date();
    const asked = await askRunning(session, {what, now, ...(service !== undefined && {service})});
    if (asked) {
      await this.show({...asked, what}, askedView);
      return;
    }
    await this.change(session, words, hooks =>
      endRelease(session, {
        ...hooks,
        ...waitingHooks(text => this.note(text)),
        ...hostLimits(flags, session),
        what,
        ...(service !== undefined && {service}),
        lockWaitMs: flags['lock-wait'],
      }),
    );
  }
}
