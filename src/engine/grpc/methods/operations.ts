/** The operation of REST that a call is, by which the table of permissions has it: `GetWorkload` is `getWorkload`. */
export const operationOf = (method: string): string =>
  OTHERWISE[method] ?? `${method.slice(0, 1).toLowerCase()}${method.slice(1)}`;

const OTHERWISE: Readonly<Record<string, string>> = {
  StreamLogs: 'readLogs',
  StreamReplicaLogs: 'readReplicaLogs',
  WatchChange: 'readChangeEvents',
};

/** Its messages may be large. */
export const bringsFiles = (method: string): boolean => FILES.has(method);

const FILES = new Set([
  'SubmitWorkload',
  'SubmitBatch',
  'SubmitSplit',
  'PutSchedule',
  'PutSplitSchedule',
  'PutBundle',
  'PutFile',
]);
