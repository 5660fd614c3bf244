import type {ApplyEvent} from '../../executor/events.ts';
import {type JournalRecord, readRecords} from '../../executor/journal-record.ts';
import type {StateStore} from '../../state/store.ts';
import {pause} from '../clock.ts';
import type {ChangeEvent, ChangeRow, FollowOptions} from './environments.ts';
import type {ServedParts} from './served-parts.ts';

const lookMs = 250;

/** What the journal has of a change's runs, one after the other, until the change has ended; then how it ended. */
export async function* followChange(
  read: () => Promise<ChangeRow | undefined>,
  {after = 0, signal}: FollowOptions,
  {openState, clock}: Pick<ServedParts, 'openState' | 'clock'>,
): AsyncGenerator<ChangeEvent> {
  let told = after;
  let state: StateStore | undefined;
  try {
    while (!signal.aborted) {
      // Asked before the journal is read: what ends in between has its result in there.
      const change = await read();
      if (!change) return;
      const [project = '', environment = ''] = change.environment.split('.');
      if (change.runs.length > 0) state ??= await openState(project);
      const events = state ? await eventsOf(state, environment, change) : [];
      for (const [index, event] of events.entries()) {
        if (index < told) continue;
        told = index + 1;
        yield {id: told, event};
      }
      if (change.endedAt !== undefined) {
        const end = withoutRun(change);
        if (end && told === 0) yield {id: 1, event: end};
        return;
      }
      await pause(clock, lookMs, signal);
    }
  } finally {
    await state?.close();
  }
}

async function eventsOf({journal}: StateStore, environment: string, {runs}: ChangeRow): Promise<readonly ApplyEvent[]> {
  const records = await Promise.all(runs.map(async run => readRecords(run, await journal.read(environment, run))));
  return records.flat().flatMap(eventOf);
}

function eventOf(record: JournalRecord): readonly ApplyEvent[] {
  switch (record.type) {
    case 'begin':
    case 'commit-started':
    case 'undo-started':
    case 'undo-ended':
    case 'superseded':
      return [];
    default:
      return [record];
  }
}

/** Nothing had to be done, so that nothing was written down. */
function withoutRun({runs, outcome, endedAt}: ChangeRow): ApplyEvent | undefined {
  if (runs.length > 0 || outcome?.result !== 'unchanged') return undefined;
  return {
    type: 'result',
    at: new Date(endedAt!).toISOString(),
    outcome: 'unchanged',
    serial: outcome.serial ?? 0,
    operations: [],
  };
}
