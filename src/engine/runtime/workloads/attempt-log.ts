import {setTimeout as sleep} from 'node:timers/promises';
import {argv, type Command} from '../../hosts/command.ts';
import type {Connection} from '../../hosts/connection.ts';
import {mustRun} from '../../hosts/must-run.ts';
import {parseLogLine} from '../logs.ts';
import {logsFolder} from '../paths.ts';
import {type AttemptKey, attemptId} from './attempt-spec.ts';

/** One line of an attempt, with where to go on after it. */
export interface NumberedLine {
  /** Its time, and which it is of those with this time: `2026-01-31T12:00:00.123456Z.0`. */
  readonly id: string;
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/**
 * Prints whole lines of an attempt's log from a place on (inode and offset of a file of it; from a time on where there is
 * none), oldest first over the turns of its file, at most so many bytes; and last `@ INODE OFFSET OVER MORE`, where to go
 * on. OVER: the attempt has ended, or there is nothing of it: the logger writes an end down when all was written before.
 */
const READ = String.raw`use strict;
my ($folder, $id, $since, $inode, $at, $most) = @ARGV;
my $path = "$folder/$id.log";
# Asked before the files are read: what is in them then is all of it.
my $over = -e "$folder/$id.ends" || !-e "$folder/$id.starts" ? 1 : 0;
my (@open, %seen);
# The newest first: one that is turned over meanwhile is met twice rather than not at all.
for my $name ($path, map "$path.$_", 1 .. 8) {
  open(my $file, '<', $name) or next;
  my $is = (stat $file)[1];
  unshift @open, [$file, $is] unless $seen{$is}++;
}
my ($known) = grep { $open[$_][1] == $inode } 0 .. $#open;
if (defined $known) { splice @open, 0, $known; seek $open[0][0], $at, 0; }
my ($more, $bytes) = (0, 0);
for my $of (@open) {
  my ($file, $is) = @$of;
  ($inode, $at) = ($is, tell $file);
  while (defined(my $line = readline $file)) {
    # One that is being written is read again, whole.
    last if substr($line, -1) ne "\n";
    $at = tell $file;
    next if substr($line, 0, length $since) lt $since;
    print $line;
    if (($bytes += length $line) >= $most) { $more = 1; last }
  }
  last if $more;
}
print "@ $inode $at $over $more\n";`;

/** Bytes of a log that are asked for at once. */
const atOnce = 1 << 19;
/** How often a log that is followed is looked at; a look costs the host a few milliseconds. */
const lookMs = 300;

interface Place {
  readonly inode: number;
  readonly offset: number;
}

/** `since`: RFC 3339 as the logger writes it, or empty. */
export const readAttemptLog = (key: AttemptKey, since: string, {inode, offset}: Place): Command =>
  argv('perl', '-e', READ, logsFolder, attemptId(key), since, String(inode), String(offset), String(atOnce));

/**
 * The lines of an attempt's log after `after`, and with `follow` those that come, until the attempt has ended; the signal
 * ends it, too. Holds no channel of the connection while it waits. Errors: OutsideError of the connection.
 */
export async function* attemptLog(
  connection: Connection,
  key: AttemptKey,
  {follow, after, signal}: {readonly follow: boolean; readonly after?: string; readonly signal: AbortSignal},
): AsyncGenerator<NumberedLine> {
  const numbers = new LineNumbers(after);
  for (let place: Place = {inode: 0, offset: 0}; ; ) {
    const command = readAttemptLog(key, timeOf(after), place);
    const {stdout} = await mustRun(connection, command, {what: 'read the log of a workload'});
    const lines = stdout.split('\n');
    for (const text of lines) {
      if (signal.aborted) return;
      const line = numbers.next(text);
      if (line) yield line;
    }
    const [, inode, offset, over, more] = /^@ (\d+) (\d+) ([01]) ([01])$/.exec(lines.at(-2) ?? '') ?? [];
    place = {inode: Number(inode ?? 0), offset: Number(offset ?? 0)};
    if (more === '1') continue;
    if (!follow || over !== '0') return;
    await sleep(lookMs, undefined, {signal}).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/** Where a reader of `after` has to begin. */
export const timeOf = (after: string | undefined): string => after?.replace(/\.\d+$/, '') ?? '';

/** Makes lines of a log's lines: gives them ids, joins parts of a long one, leaves out those up to `after`. */
export class LineNumbers {
  #at = '';
  #count = 0;
  readonly #since: string;
  readonly #seen: number;
  readonly #parts = new Map<string, string>();

  constructor(after = '') {
    this.#since = timeOf(after);
    this.#seen = Number(/\.(\d+)$/.exec(after)?.[1] ?? -1);
  }

  /** Undefined for a line that the reader has, a part without its end, and what is none of the logger's. */
  next(line: string): NumberedLine | undefined {
    const read = parseLogLine(line);
    if (!read) return undefined;
    this.#count = read.at === this.#at ? this.#count + 1 : 0;
    this.#at = read.at;
    const id = `${read.at}.${this.#count}`;
    const text = (this.#parts.get(read.stream) ?? '') + read.text;
    if (read.partial && text.length < longestLine) {
      this.#parts.set(read.stream, text);
      return undefined;
    }
    this.#parts.delete(read.stream);
    if (read.at < this.#since || (read.at === this.#since && this.#count <= this.#seen)) return undefined;
    return {id, at: read.at, stream: read.stream, text};
  }
}

/** Characters of a line that are put together from parts. */
const longestLine = 1 << 20;
