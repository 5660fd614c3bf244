import type {Figures, ReplicaFigures} from '../figures.ts';

/** What replicas may be sorted by. */
export const ORDERS = ['name', 'cpu', 'memory', 'restarts'] as const;
export type Order = (typeof ORDERS)[number];

/** What a person sees of `top`, apart from the size of the terminal. */
export interface TopModel {
  /** Absent before the first round. */
  readonly figures?: Figures;
  readonly order: Order;
  /** Of the container that is selected; the first one when absent or gone. */
  readonly selected?: string;
  /** Last lines of the selected one, oldest first, and whose they are. */
  readonly logs: {readonly container: string; readonly lines: readonly string[]};
  readonly showsLogs: boolean;
  readonly showsKeys: boolean;
  readonly paused: boolean;
}

export const firstModel: TopModel = {
  order: 'name',
  logs: {container: '', lines: []},
  showsLogs: true,
  showsKeys: false,
  paused: false,
};

/** Key presses that mean something: words for arrows, the character for others. */
export type TopKey = 'up' | 'down' | 'first' | 'last' | 'escape' | (string & {});

/** The model after a key; `quit` ends. */
export function afterKey(model: TopModel, key: TopKey): TopModel | 'quit' {
  if (key === 'q') return 'quit';
  if (model.showsKeys) return {...model, showsKeys: false};
  switch (key) {
    case '?':
    case 'h':
      return {...model, showsKeys: true};
    case 's':
      return {...model, order: ORDERS[(ORDERS.indexOf(model.order) + 1) % ORDERS.length]!};
    case 'l':
      return {...model, showsLogs: !model.showsLogs};
    case 'p':
    case ' ':
      return {...model, paused: !model.paused};
    case 'up':
    case 'k':
      return moved(model, -1);
    case 'down':
    case 'j':
      return moved(model, 1);
    case 'first':
    case 'g':
      return moved(model, Number.NEGATIVE_INFINITY);
    case 'last':
    case 'G':
      return moved(model, Number.POSITIVE_INFINITY);
    default:
      return model;
  }
}

/** The model with what a round brought; as it was while it is paused. */
export const afterRound = (model: TopModel, figures: Figures): TopModel =>
  model.paused && model.figures ? model : {...model, figures};

/** Rows in the order that is chosen; the largest first where it is a figure. */
export function sortedRows({figures, order}: TopModel): readonly ReplicaFigures[] {
  const rows = figures?.replicas ?? [];
  if (order === 'name') return rows;
  return rows.toSorted((a, b) => (b[order] ?? -1) - (a[order] ?? -1));
}

/** The row that is selected, and where it stands; the first when what was selected has gone. */
export function selection(model: TopModel): {readonly index: number; readonly row?: ReplicaFigures} {
  const rows = sortedRows(model);
  const found = rows.findIndex(row => keyOf(row) === model.selected);
  const index = Math.max(0, found);
  const row = rows[index];
  return {index, ...(row && {row})};
}

/** A replica stays selected when its container is replaced. */
const keyOf = ({service, replica, host}: ReplicaFigures): string => `${service}/${replica}@${host}`;

function moved(model: TopModel, by: number): TopModel {
  const rows = sortedRows(model);
  if (rows.length === 0) return model;
  const to = Math.min(rows.length - 1, Math.max(0, selection(model).index + by));
  return {...model, selected: keyOf(rows[to]!)};
}
