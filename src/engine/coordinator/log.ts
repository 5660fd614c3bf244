/** What the coordinator says to whoever runs it: pino's shape, so that pino fits. Never a secret in it. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export const silentLog: Log = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
