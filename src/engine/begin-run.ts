import {randomBytes} from 'node:crypto';
import type {ApplyEvent, OnEvent} from './executor/events.ts';
import type {Present} from './executor/inverse.ts';
import {type BeginRecord, JOURNAL_VERSION, type JournalOperation} from './executor/journal-record.ts';
import {RunJournal} from './executor/run-journal.ts';
import {isOfWholeEnvironment, type RunStory} from './executor/run-story.ts';
import type {Session} from './session.ts';
import {NiyantaError, OutsideError} from './spec/errors.ts';
import {ownerName} from './state/process-identity.ts';
import {makeRunId} from './state/run-id.ts';
import {mask} from './state/secret-references.ts';
import type {SecretValue} from './state/secret-value.ts';
import type {Lease} from './state/store.ts';

/** What a run is about; the rest of its first record is known by whoever begins it. */
export interface RunIntent
  extends Pick<BeginRecord, 'action' | 'serial' | 'stack' | 'images' | 'services' | 'volumes'> {
  readonly operations: readonly JournalOperation[];
  readonly present: readonly Present[];
  /** Values that no record may have in it. */
  readonly secrets: ReadonlyMap<string, SecretValue>;
}

export interface RunBeginning {
  readonly session: Session;
  readonly lease: Lease;
  readonly now: () => Date;
  /** A run that was interrupted, and that this one goes on from. */
  readonly interrupted?: RunStory;
}

/**
 * Writes down what is going to be done, with how to take it back, before anything is. Errors: OutsideError
 * `journal-not-written` (or what the store says of a lost lease); then nothing was changed.
 */
export async function beginRun(
  {session, lease, now, interrupted}: RunBeginning,
  intent: RunIntent,
): Promise<RunJournal> {
  const {present, secrets, ...rest} = intent;
  const at = now();
  const record: BeginRecord = {
    type: 'begin',
    version: JOURNAL_VERSION,
    run: makeRunId(at, randomBytes(3).toString('hex')),
    at: at.toISOString(),
    who: ownerName(),
    fence: lease.holder.fence,
    before: present.map(({host, id, running}) => ({host, id, running})),
    ...rest,
  };
  const journal = new RunJournal(session.store.journal, session.environment, {
    run: record.run,
    mask: text => mask(text, secrets.values()),
  });
  await journal.durably(record).catch(error => {
    throw notWritten(error);
  });
  // A run of some services says nothing about the others.
  const {services, action} = intent;
  if (interrupted && isOfWholeEnvironment({begin: {services, action}})) {
    const old = new RunJournal(session.store.journal, session.environment, {run: interrupted.begin.run});
    old.note({type: 'superseded', at: record.at, by: record.run});
  }
  return journal;
}

/** Tells the lease how far the run is, for those who wait for it. */
export function reporting(lease: Lease, onEvent: OnEvent): OnEvent {
  const titles = new Map<string, string>();
  let total = 0;
  let done = 0;
  return (event: ApplyEvent) => {
    if (event.type === 'started') total = event.operations;
    if (event.type === 'operation-started') titles.set(event.operation, event.title);
    if (event.type === 'operation-finished') {
      done += 1;
      titles.delete(event.operation);
    }
    if (event.type !== 'operation-progress') {
      const doing = event.type === 'rollback-started' ? 'rolling back' : [...titles.values()].at(-1);
      lease.report({done, total, ...(doing === undefined ? {} : {doing})});
    }
    onEvent(event);
  };
}

function notWritten(error: unknown): unknown {
  if (!(error instanceof NiyantaError) || error.code === 'lease-lost') return error;
  return new OutsideError({
    code: 'journal-not-written',
    message: `nothing was changed: the journal could not be written: ${error.message}`,
    hint: error.hint,
    exit: error.exit,
    cause: error,
  });
}
