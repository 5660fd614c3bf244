import type {Look, View} from './look.ts';
import {type EnvironmentState, statePaint} from './ps-view.ts';
import {ago} from './quantities-view.ts';
import {table} from './tables.ts';

/** One environment as `env ls` shows it. */
export interface EnvironmentRow {
  readonly environment: string;
  readonly stack: string;
  readonly state: EnvironmentState;
  readonly why: string;
  /** Replicas that run, of those that should. */
  readonly replicas: {readonly running: number; readonly desired: number};
  /** RFC 3339; the last change, when there was one. */
  readonly changedAt?: string;
}

/** `env ls`. */
export const environmentsView: View<readonly EnvironmentRow[]> = {
  text: environmentsText,
  json: rows => ({environments: rows}),
};

function environmentsText(rows: readonly EnvironmentRow[], look: Look): string {
  if (rows.length === 0) return 'No environments yet. See: niyanta apply';
  return table(
    rows,
    [
      {title: 'ENVIRONMENT', value: row => row.environment},
      {title: 'STACK', value: row => row.stack},
      {title: 'STATE', value: row => row.state, paint: row => statePaint(row.state, look.style)},
      {title: 'REPLICAS', value: ({replicas}) => `${replicas.running}/${replicas.desired}`, align: 'right'},
      {title: 'CHANGED', value: row => (row.changedAt ? ago(row.changedAt, look.now) : '')},
      {title: 'WHY', value: row => row.why, shrinkTo: 20},
    ],
    look,
  );
}
