import type {EnvironmentState, LockFile} from '../state/lock-file.ts';
import type {Look, View} from './look.ts';
import {ago} from './quantities-view.ts';
import {table} from './tables.ts';

/** `state show`: what the lock file holds, an environment a line; JSON is the lock file itself. */
export const stateView: View<LockFile> = {text: stateText};

function stateText(lock: LockFile, look: Look): string {
  const head = `Project ${look.style.bold(lock.project)}, serial ${lock.serial}`;
  const rows = Object.entries(lock.environments);
  if (rows.length === 0) return `${head}: no environment yet. See: niyanta apply`;
  return `${head}\n\n${environmentTable(rows, look)}`;
}

const environmentTable = (rows: readonly (readonly [string, EnvironmentState])[], look: Look): string =>
  table(
    rows,
    [
      {title: 'ENVIRONMENT', value: ([name]) => name},
      {title: 'STACK', value: ([, state]) => state.stack},
      {title: 'REPLICAS', value: ([, state]) => String(Object.values(state.placements).flat().length), align: 'right'},
      {title: 'HOSTS', value: ([, state]) => Object.keys(state.subnets).sort().join(' '), shrinkTo: 12},
      {title: 'IMAGES', value: ([, state]) => String(Object.keys(state.images).length), align: 'right'},
      {title: 'STOPPED', value: ([, state]) => state.stopped.join(' ')},
      {title: 'LAST CHANGE', value: ([, state]) => lastChange(state, look.now)},
    ],
    look,
  );

function lastChange({history}: EnvironmentState, now: Date): string {
  const last = history.at(-1);
  return last ? `${last.action} ${ago(last.at, now)}` : '';
}
