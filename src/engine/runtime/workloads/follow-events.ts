import {parseEnd, type TaskEnd} from '../exit-code.ts';
import type {AttemptKey} from './attempt-spec.ts';

/** What a host tells of an attempt. */
export type AttemptEvent = AttemptKey &
  (
    | {readonly kind: 'end'; readonly end: TaskEnd}
    /** It ran, and there is neither its process nor a record of how it ended: the host was started again, or containerd lost it. */
    | {readonly kind: 'gone'}
    | {readonly kind: 'progress'; readonly percent: number}
    /** Another file of checksums is in place; the same one has the same mark. */
    | {readonly kind: 'checkpoint'; readonly mark: string}
  );

/** A line of the follower; undefined for anything else. */
export function parseAttemptEvent(line: string): AttemptEvent | undefined {
  const [, kind, workload = '', number, rest = ''] = /^([a-z]+) ([0-9a-f-]{36}) (\d{1,9})(?: (.+))?$/.exec(line) ?? [];
  const key = {workload, attempt: Number(number)};
  switch (kind) {
    case 'end': {
      const end = parseEnd(rest);
      return end && {...key, kind, end};
    }
    case 'gone':
      return {...key, kind};
    case 'progress': {
      const percent = Number(rest);
      return percent >= 0 && percent <= 100 ? {...key, kind, percent} : undefined;
    }
    case 'checkpoint':
      return {...key, kind, mark: rest};
    default:
      return undefined;
  }
}
