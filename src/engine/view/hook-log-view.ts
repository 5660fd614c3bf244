import type {HookLog} from '../hook-logs.ts';
import type {View} from './look.ts';
import {printable, printableLines} from './printable.ts';
import {ago} from './quantities-view.ts';

/** `logs --hook NAME`. */
export const hookLogView: View<HookLog> = {
  text: ({hook, host, at, outcome, run, lines}, {style, now}) =>
    [
      style.dim(printable(`hook ${hook} on ${host}, ${outcome} ${ago(at, now)}, run ${run}`)),
      ...lines.flatMap(printableLines),
    ].join('\n'),
};
