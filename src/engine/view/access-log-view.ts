import type {AccessRecord} from '../access-log-reader.ts';
import type {Look} from './look.ts';
import {printable} from './printable.ts';
import {duration} from './quantities-view.ts';

/** `route logs`: a request as a line: time, proxy, status, method, what was asked, how long it took, who answered. */
export function accessLogLine(record: AccessRecord, {style}: Pick<Look, 'style'>): string {
  const {at, proxy, status, method, host, uri, durationMs, upstream} = record;
  const paint = status >= 500 || status === 0 ? style.red : status >= 400 ? style.yellow : style.green;
  const code = paint(String(status).padStart(3));
  const asked = printable(`${method} ${host}${uri}`);
  return `${at} ${printable(proxy)} ${code} ${asked} ${duration(durationMs)} ${printable(upstream ?? '-')}`;
}
