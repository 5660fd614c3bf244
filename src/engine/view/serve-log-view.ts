import {printable} from './printable.ts';

const levels: Readonly<Record<number, string>> = {20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal'};

/** One record of `serve`'s log for a terminal: time, level, text, and what else it says. */
export function serveLogLine(record: Readonly<Record<string, unknown>>): string {
  const {time, level, msg, err, reqId: _, ...fields} = record;
  const message = (err as {message?: string} | undefined)?.message;
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const words = [
    String(time).slice(11, 19),
    (levels[Number(level)] ?? '').padEnd(5),
    String(msg ?? ''),
    message,
    ...rest,
  ];
  return printable(words.filter(word => word !== undefined && word !== '').join(' '));
}
