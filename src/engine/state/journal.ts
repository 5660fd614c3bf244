import type {JsonValue} from '../spec/json-value.ts';
import type {EnvironmentName} from '../spec/stack.ts';
import {groupCommit} from './group-commit.ts';
import {checkedRunId} from './run-id.ts';
import type {Journal} from './store.ts';

/** Where the lines of journals are kept. */
export interface JournalPlace {
  /** Durable when it resolves; never called twice at once for one run. Errors: OutsideError `lease-lost`. */
  append(environment: EnvironmentName, run: string, lines: string): Promise<void>;
  /** In any order. */
  runs(environment: EnvironmentName): Promise<readonly string[]>;
  /** All lines as they were appended; empty when there is no such run. */
  read(environment: EnvironmentName, run: string): Promise<string>;
}

/** Journals as lines of JSON: writes made at once go together, and what a power cut tore is not read. */
export function openJournal(place: JournalPlace): Journal {
  const appends = new Map<string, (records: readonly JsonValue[]) => Promise<void>>();
  const appendTo = (environment: EnvironmentName, run: string) => {
    const key = JSON.stringify([environment, run]);
    const known = appends.get(key);
    if (known) return known;
    const made = groupCommit<JsonValue>(records => place.append(environment, run, formatRecords(records)));
    appends.set(key, made);
    return made;
  };
  return {
    append: async (environment, run, records) => {
      await appendTo(environment, checkedRunId(run))(records);
    },
    runs: async environment => [...(await place.runs(environment))].sort().reverse(),
    read: async (environment, run) => parseRecords(await place.read(environment, checkedRunId(run))),
  };
}

const formatRecords = (records: readonly JsonValue[]): string =>
  records.map(record => `${JSON.stringify(record)}\n`).join('');

/** The records up to the first that is torn: one that has no end of line, or is no JSON. */
export function parseRecords(text: string): readonly JsonValue[] {
  const records: JsonValue[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const record = parsed(line);
    if (record === undefined) break;
    records.push(record);
  }
  return records;
}

function parsed(line: string): JsonValue | undefined {
  try {
    return JSON.parse(line) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
