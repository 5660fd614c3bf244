import type {HistoryEntry} from '../state/lock-file.ts';
import type {Look, Paint, View} from './look.ts';
import {ago} from './quantities-view.ts';
import {table} from './tables.ts';

/** `history`: newest first; JSON has the documents that were applied, too. */
export const historyView: View<readonly HistoryEntry[]> = {text: historyText, json: entries => ({history: entries})};

function historyText(entries: readonly HistoryEntry[], look: Look): string {
  if (entries.length === 0) return 'No changes yet. See: niyanta apply';
  return table(
    entries.toReversed(),
    [
      {title: 'SERIAL', value: entry => String(entry.serial), align: 'right'},
      {title: 'WHEN', value: entry => ago(entry.at, look.now)},
      {title: 'WHO', value: entry => entry.who, shrinkTo: 12},
      {title: 'ACTION', value: entry => entry.action.replace('-', ' ')},
      {title: 'OUTCOME', value: entry => entry.outcome.replace('-', ' '), paint: entry => outcomePaint(entry, look)},
      {title: 'WHAT', value: entry => entry.summary, shrinkTo: 16},
    ],
    look,
  );
}

function outcomePaint({outcome}: HistoryEntry, {style}: Look): Paint {
  if (outcome === 'applied') return style.green;
  return outcome === 'cancelled' || outcome === 'partly-applied' ? style.yellow : style.red;
}
