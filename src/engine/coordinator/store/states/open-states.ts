import {join} from 'node:path';
import {type LeaseTimes, leaseTimes} from '../../../state/lease-times.ts';
import {stateStore} from '../../../state/state-store.ts';
import type {StateStore} from '../../../state/store.ts';
import type {Database} from '../database.ts';
import {stateBackend} from './state-backend.ts';
import {takeInFiles} from './take-in-files.ts';

/** The states of projects that are served, in an embedded database: to be opened as often as one likes. */
export interface States {
  open(project: string): Promise<StateStore>;
}

/** `folder`: the coordinator's data directory, in which a former version kept them as files. */
export function openStates(database: Database, folder: string, times: LeaseTimes = leaseTimes): States {
  const taken = new Map<string, Promise<void>>();
  return {
    async open(project) {
      const taking = taken.get(project) ?? takeInFiles(database, join(folder, 'environments', 'states'), project);
      taken.set(project, taking);
      await taking.catch(error => {
        taken.delete(project);
        throw error;
      });
      const location = `${join(folder, 'niyanta.db')}, state of ${project}`;
      return stateStore(stateBackend(database, project, location), project, times);
    },
  };
}
