import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import {readLogScript} from './logs.ts';
import * as paths from './paths.ts';

// Holds one line of each log at a time. A part of a longer line has its place where the line began.
const MERGE = String.raw`use strict;
my ($read, @words) = @ARGV;
sub advance {
  my $log = shift;
  for (;;) {
    if (!$log->{handle}) {
      my $file = shift @{$log->{files}};
      return 0 unless defined $file;
      if ($log->{tail} eq "all") { open $log->{handle}, "<", $file or next }
      else { open $log->{handle}, "-|", "sh", "-c", $read, "niyanta", $log->{id}, $log->{since}, $log->{tail} or die "sh: $!\n" }
    }
    my $line = readline $log->{handle};
    if (!defined $line) { close $log->{handle}; delete $log->{handle}; next }
    my ($at, $stream, $tag) = $line =~ /^(\S+) (\S+) ([FP]) / or next;
    next if $at lt $log->{since};
    $log->{at} = $log->{begun}{$stream} // $at;
    if ($tag eq "P") { $log->{begun}{$stream} = $log->{at} } else { delete $log->{begun}{$stream} }
    $log->{line} = $line =~ /\n\z/ ? $line : "$line\n";
    return 1;
  }
}
my @heads;
sub insert {
  my $log = shift;
  my ($low, $high) = (0, scalar @heads);
  while ($low < $high) {
    my $middle = int(($low + $high) / 2);
    if ($heads[$middle]{at} le $log->{at}) { $low = $middle + 1 } else { $high = $middle }
  }
  splice @heads, $low, 0, $log;
}
while (my ($id, $since, $tail) = splice @words, 0, 3) {
  my @files = $tail eq "all" ? grep { -e } (map("$id.log.$_", reverse 1 .. 8), "$id.log") : ($id);
  my $log = {id => $id, since => $since, tail => $tail, files => \@files};
  insert($log) if advance($log);
}
while (my $log = shift @heads) {
  print "$log->{id} $log->{line}";
  insert($log) if advance($log);
}`;

export interface WantedLog {
  readonly id: ContainerId;
  /** RFC 3339 in UTC; from the first line when empty. */
  readonly since: string;
  /** Of those, the last ones; all when absent. */
  readonly tail?: number;
}

/**
 * Prints what these containers said, merged by time, each line behind the id of its container. Neither it nor who reads
 * it holds a whole log.
 */
export const readLogs = (logs: readonly WantedLog[]): Command =>
  script(
    `cd ${paths.logsFolder} 2>/dev/null || exit 0; exec perl -e "$@"`,
    MERGE,
    readLogScript,
    ...logs.flatMap(({id, since, tail}) => [id, since, tail === undefined ? 'all' : String(tail)]),
  );

/** The container and the line of its log. */
export function parseReadLine(line: string): readonly [ContainerId, string] {
  const end = line.indexOf(' ');
  return [line.slice(0, end), line.slice(end + 1)];
}
