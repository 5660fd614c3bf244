import type {OpenedStack} from '../engine/open-project.ts';
import type {StackSession} from '../engine/session.ts';
import {EngineCommand} from './engine-command.ts';
import {lockWaitFlag, projectFlags, stackFlags} from './flags.ts';
import {type AbsenceValues, hostFlags, maxUnreachable} from './host-limits.ts';
import {openStack} from './open.ts';
import {volumeProgress} from './volume-progress.ts';
import {waitingHooks} from './waiting.ts';

interface VolumeFlagValues extends AbsenceValues {
  readonly project?: string;
  readonly state?: string;
  readonly env?: string;
  readonly file?: readonly string[];
  readonly param?: readonly string[];
  readonly 'lock-wait': number;
}

/** Commands that work on volumes under the environment's lease. */
export abstract class VolumeCommand extends EngineCommand {
  static override flags = {...projectFlags, ...stackFlags, ...hostFlags, 'lock-wait': lockWaitFlag};

  protected open(flags: VolumeFlagValues): Promise<OpenedStack & StackSession> {
    return openStack(flags, this.context());
  }

  /** What every such command hands to the engine beside its own. */
  protected options(flags: VolumeFlagValues, session: StackSession) {
    return {
      maxUnreachable: maxUnreachable(flags, session),
      lockWaitMs: flags['lock-wait'],
      ...waitingHooks(text => this.note(text)),
      onProgress: volumeProgress({json: this.json}),
      signal: this.signal,
      now: () => new Date(),
    };
  }
}
