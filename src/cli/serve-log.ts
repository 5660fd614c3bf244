import {type Logger, pino} from 'pino';
import {serveLogLine} from '../engine/view/serve-log-view.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** Logs of `serve` on standard error: a line of JSON each, or short lines for people where that is a terminal. */
export function serveLog(level: (typeof logLevels)[number], stream: NodeJS.WriteStream): Logger {
  const options = {level, base: null, timestamp: pino.stdTimeFunctions.isoTime};
  if (!stream.isTTY) return pino(options, pino.destination({fd: 2, sync: true}));
  return pino(options, {write: line => void stream.write(`${serveLogLine(JSON.parse(line))}\n`)});
}
