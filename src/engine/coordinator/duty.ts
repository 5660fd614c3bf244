import type {CoordinatorSettings} from './coordinator.ts';
import type {Leadership, Store} from './store/store.ts';

/** What a coordinator lends to a duty. */
export interface DutySurroundings {
  readonly store: Store;
  readonly settings: () => CoordinatorSettings;
  /** Something was written that listeners of events may want to hear of. */
  readonly onChange: () => void;
}

/** Something that only the leading coordinator does, beside starting workloads. */
export interface Duty {
  /** The lead began; `leadership`: what writes are signed with, undefined once it is not to be trusted any more. */
  begin(leadership: () => Leadership | undefined): void;
  /** Something was asked for, here or elsewhere. */
  wake(): void;
  /** The lead is over: nothing is decided or changed any more when it resolves. */
  end(why: string): Promise<void>;
}
