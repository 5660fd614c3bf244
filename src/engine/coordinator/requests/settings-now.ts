import type {SettingChanges} from '../../spec/server/compare-settings.ts';
import type {ServerSetting} from '../../spec/server/server-settings.ts';
import {Refusal} from '../access/index.ts';
import type {Actor} from '../store/store.ts';

/** Settings of this process, and how they are read again. */
export interface SettingsNow {
  list(): readonly ServerSetting[];
  /** Errors: those of reading them; then all stays as it was. */
  reload(actor: Actor): Promise<SettingChanges>;
}

/** Errors: Refusal 409 where the process was not started from files. */
export function settingsOf({settingsNow}: {readonly settingsNow?: SettingsNow}): SettingsNow {
  if (settingsNow) return settingsNow;
  throw new Refusal({status: 409, code: 'not-possible', detail: 'this coordinator was not started from files'});
}
