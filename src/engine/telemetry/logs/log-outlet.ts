import {type LogRecord, levelOf, recordOf} from './log-record.ts';

/** Where niyanta's own lines go: to the stream of this process, and to whoever listens. Made before anybody does. */
export interface LogOutlet {
  /** For pino to write to. */
  readonly stream: {write(line: string): void};
  /** Told of each line from now on that is at least so grave. Returns how to stop. */
  listen(least: LogRecord['level'], hear: (record: LogRecord) => void): () => void;
}

const order: readonly LogRecord['level'][] = ['debug', 'info', 'warn', 'error'];

/** A line is read again for those alone who want it. */
export function logOutlet(write: (line: string) => void): LogOutlet {
  const listeners = new Set<{readonly least: LogRecord['level']; readonly hear: (record: LogRecord) => void}>();
  const stream = {
    // Has pino say the level of each line before it writes it.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 30,
    write(line: string) {
      write(line);
      const level = levelOf(stream.lastLevel);
      const wanted = [...listeners].filter(({least}) => order.indexOf(level) >= order.indexOf(least));
      if (wanted.length === 0) return;
      const record = recordOf(line);
      for (const {hear} of wanted) hear(record);
    },
  };
  return {
    stream,
    listen(least, hear) {
      const listener = {least, hear};
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
