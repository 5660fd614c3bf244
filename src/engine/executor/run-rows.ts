import type {ApplyEvent, ApplyResult, OperationOutcome} from './events.ts';

/** What became of one operation: the events about it in a row. Times RFC 3339. */
export interface OperationRow {
  readonly id: string;
  readonly title?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly durationMs: number;
  /** How often it was tried; 0 when it was never begun. */
  readonly attempts: number;
  /** `unknown` where it was begun and nothing tells how it ended. */
  readonly outcome: OperationOutcome | 'unknown';
  /** It had been done, or begun, and was taken back. */
  readonly undone: boolean;
  readonly error?: {readonly code: string; readonly message: string};
  /** Last log lines of what failed. */
  readonly log?: readonly string[];
}

/** A row for each of these operations, in their order, made of what was told about them; the result has the last word. */
export function rowsOf(
  known: readonly {readonly id: string; readonly title: string}[],
  events: readonly ApplyEvent[],
  result?: ApplyResult,
): OperationRow[] {
  const rows = new Map<string, OperationRow>(known.map(({id, title}) => [id, {...untouched(id), title}]));
  for (const event of events) {
    if (!('operation' in event)) continue;
    rows.set(event.operation, after(rows.get(event.operation) ?? untouched(event.operation), event));
  }
  for (const {id, outcome, durationMs, error} of result?.operations ?? []) {
    const row = rows.get(id) ?? untouched(id);
    rows.set(id, {...row, outcome, durationMs, undone: row.undone || outcome === 'undone', ...(error && {error})});
  }
  return [...rows.values()];
}

const untouched = (id: string): OperationRow => ({id, durationMs: 0, attempts: 0, outcome: 'skipped', undone: false});

function after(row: OperationRow, event: Extract<ApplyEvent, {operation: string}>): OperationRow {
  switch (event.type) {
    case 'operation-started':
      return {...row, title: event.title, startedAt: event.at, attempts: 1, outcome: 'unknown'};
    case 'operation-retried':
      return {...row, attempts: event.attempt + 1};
    case 'operation-finished': {
      const {at, outcome, durationMs, message, code, log} = event;
      const error = message === undefined ? {} : {error: {code: code ?? 'bug', message}};
      return {...row, endedAt: at, outcome, durationMs, ...error, ...(log && {log})};
    }
    case 'operation-undone':
      return {...row, title: row.title ?? event.title, outcome: 'undone', undone: true};
    default:
      return row;
  }
}
