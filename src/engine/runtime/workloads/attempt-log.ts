import {argv, type Command} from '../../hosts/command.ts';
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
 * Prints an attempt's log from a time on, over the turns of its file, and with `follow` goes on until the attempt has
 * ended: the logger writes an end down when all was written that came before. Ends, too, where nothing is left of it.
 */
const READ = String.raw`use strict;
my ($folder, $id, $since, $follow) = @ARGV;
my $path = "$folder/$id.log";
sub show { my ($file) = @_; while (defined(my $line = readline $file)) { next if substr($line, 0, length $since) lt $since; print $line } }
$| = 1;
my ($file, $inode);
sub whole {
  my $at = tell $file;
  while (defined(my $line = readline $file)) {
    # A line that is being written is read again, whole.
    last if substr($line, -1) ne "\n";
    $at = tell $file;
    print $line unless substr($line, 0, length $since) lt $since;
  }
  seek $file, $at, 0;
}
for my $turn (reverse 1 .. 8) { open(my $old, '<', "$path.$turn") or next; show($old); }
for (;;) {
  # Asked before the file is read: what is there then is all of it.
  my $over = !$follow || -e "$folder/$id.ends" || !-e "$folder/$id.starts";
  if (!$file && open($file, '<', $path)) { $inode = (stat $file)[1]; }
  if ($file) {
    whole();
    my $now = (stat $path)[1];
    # Turned over: what was written to it before that is read first.
    if (defined $now && $now != $inode) { whole(); undef $file; next }
  }
  last if $over;
  select undef, undef, undef, 0.2;
}`;

/** `since`: RFC 3339 as the logger writes it, or empty. */
export const readAttemptLog = (key: AttemptKey, since: string, follow: boolean): Command =>
  argv('perl', '-e', READ, logsFolder, attemptId(key), since, follow ? '1' : '');

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
