import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import * as paths from './paths.ts';

/** One line that a container printed. */
export interface LogLine {
  /** RFC 3339 with microseconds, by the host's clock. */
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** A part of a longer line, without its end. */
  readonly partial: boolean;
}

/** Reads a line as the logger wrote it (CRI log format); undefined for anything else. */
export function parseLogLine(line: string): LogLine | undefined {
  const [, at, stream, tag, text] = /^(\S+Z) (stdout|stderr) ([FP]) (.*)$/s.exec(line) ?? [];
  if (at === undefined || text === undefined) return undefined;
  return {at, stream: stream as LogLine['stream'], text, partial: tag === 'P'};
}

/** Prints the log of the container `$1`, since `$2`, of it the last `$3` lines or `all`. */
export const readLogScript = `cd ${paths.logsFolder} 2>/dev/null || exit 0
files=
for n in 8 7 6 5 4 3 2 1; do [ -e "$1.log.$n" ] && files="$files $1.log.$n"; done
[ -e "$1.log" ] && files="$files $1.log"
[ -n "$files" ] || exit 0
cat $files | if [ -n "$2" ]; then awk -v since="$2" '$1 >= since'; else cat; fi | if [ "$3" != all ]; then tail -n "$3"; else cat; fi`;

/** Prints what a container said, oldest first, over the turns of its file. `since` is RFC 3339 in UTC. */
export const readLog = (
  id: ContainerId,
  {since = '', tail}: {readonly since?: string; readonly tail?: number},
): Command => script(readLogScript, id, since, tail === undefined ? 'all' : String(tail));

// One process for all containers of a host; -v: each turn to another file is told, also when there is but one.
const FOLLOW = `cd ${paths.logsFolder} 2>/dev/null || exit 0
lines=$1; shift
for id; do set -- "$@" "$id.log"; shift; done
exec tail -v -n "$lines" -F "$@" 2>/dev/null`;

/**
 * Goes on printing what containers say, over the turns of their files, until killed. Begins with the last `tail` lines
 * of each. Lines of one container stand below a header, see `parseFollowHeader`.
 */
export const followLogs = (ids: readonly ContainerId[], tail: number): Command => script(FOLLOW, String(tail), ...ids);

/** The container whose lines follow; undefined for anything but a header. No line of a log begins like one. */
export const parseFollowHeader = (line: string): ContainerId | undefined => /^==> (.+)\.log <==$/.exec(line)?.[1];
