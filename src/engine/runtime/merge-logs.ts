import type {LogLine} from './logs.ts';

/** A line with whose it is. */
export interface SourcedLine extends LogLine {
  readonly source: string;
}

/** Merges several logs, each in order of time, into one; equal times keep the order of the logs. */
export function mergeLogs(logs: readonly (readonly SourcedLine[])[]): readonly SourcedLine[] {
  return logs
    .flat()
    .map((line, index) => ({line, index}))
    .sort((a, b) => (a.line.at < b.line.at ? -1 : a.line.at > b.line.at ? 1 : a.index - b.index))
    .map(({line}) => line);
}
