/** One line of a log on its way out, whoever wrote it. */
export interface LogRecord {
  /** RFC 3339. */
  readonly at: string;
  /** `coordinator`: niyanta's own; `workload`: printed by a job. */
  readonly source: 'coordinator' | 'workload';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** By the names that niyanta's own lines have: `workload`, `attempt`, `requestId`, `traceId`, `host`, … */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The same for the same line, however often it is sent; niyanta's own lines are sent once. */
  readonly id?: string;
}

const levels: readonly (readonly [number, LogRecord['level']])[] = [
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
];

export const levelOf = (number: number): LogRecord['level'] =>
  levels.find(([least]) => number >= least)?.[1] ?? 'debug';

/** What pino wrote. */
export function recordOf(line: string): LogRecord {
  const {time, level, msg, ...fields} = JSON.parse(line) as Record<string, unknown>;
  return {at: String(time), source: 'coordinator', level: levelOf(Number(level)), message: String(msg ?? ''), fields};
}
