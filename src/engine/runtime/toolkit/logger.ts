/**
 * Takes a container's output from containerd (binary logging: stdout on 3, stderr on 4, ready when 5 is closed; see
 * containerd's runtime/v2 docs) and writes it as lines of the CRI log format: time, stream, F or P (a part of a line),
 * text. Turns the file over at 10 MiB and keeps four files, unless its words (`size BYTES files COUNT`) say otherwise. Needs nothing but perl-base, which every Debian has; where
 * Time::HiRes is not in it, clock_gettime comes through syscall.
 */
export const logger = String.raw`#!/usr/bin/perl
use strict;
my ($dir, $id) = ('/var/lib/niyanta/logs', $ENV{CONTAINER_ID});
my %limit = @ARGV;
my ($max, $keep) = ($limit{size} || 10 * 1024 * 1024, ($limit{files} || 4) - 1);
# The machine that perl itself is made for stands in its ELF header (62 is x86-64): Config takes longer to load than all of this.
my $machine = '';
if (open(my $self, '<', $^X)) { read $self, $machine, 20; }
my $gettime = substr($machine, 18, 1) eq chr(62) ? 228 : 113;
sub stamp {
  my $buffer = pack('q2', 0, 0);
  my ($s, $ns) = syscall($gettime, 0, $buffer) == 0 ? unpack('q2', $buffer) : (time, 0);
  my ($sec, $min, $hour, $day, $month, $year) = gmtime $s;
  return sprintf('%04d-%02d-%02dT%02d:%02d:%02d.%06dZ', $year + 1900, $month + 1, $day, $hour, $min, $sec, $ns / 1000);
}
my ($log, $size, $torn) = (undef, 0, 0);
sub reopen {
  if (open($log, '>>', "$dir/$id.log")) { binmode $log; $size = -s $log; } else { $log = undef; $size = 0; }
}
sub turn {
  close $log;
  rename "$dir/$id.log." . ($_ - 1), "$dir/$id.log.$_" for reverse 2 .. $keep;
  $keep ? rename "$dir/$id.log", "$dir/$id.log.1" : unlink "$dir/$id.log";
  reopen();
}
# A full disk must not stop the container: what cannot be written is lost, the container goes on.
sub put {
  my ($stream, $tag, $text) = @_;
  my $line = ($torn ? "\n" : '') . stamp() . " $stream $tag $text\n";
  # A log that someone removed begins anew.
  if ($log && !(stat $log)[3]) { close $log; $log = undef; }
  reopen() unless $log;
  turn() if $log && $size > 0 && $size + length $line > $max;
  return unless $log;
  my $n = syswrite($log, $line);
  return unless $n;
  $size += $n;
  $torn = $n < length $line;
}
reopen();
if (open(my $starts, '>>', "$dir/$id.starts")) { print $starts time, "\n"; close $starts; }
if (open(my $waits, '>&=5')) { close $waits; }
open(my $stdout, '<&=3') or die; open(my $stderr, '<&=4') or die;
my %in = (3 => $stdout, 4 => $stderr);
# The task's process, watched until it ends (pidfd_open, the same number on every machine; Linux 5.3).
my ($pidfd, $watched, $looks) = (-1, 0, 0);
sub watch {
  $looks++;
  open(my $file, '<', "/run/containerd/io.containerd.runtime.v2.task/niyanta/$id/init.pid") or return;
  my $pid = <$file> || 0;
  close $file;
  return unless $pid > 0;
  $watched = 1;
  $pidfd = syscall(434, $pid + 0, 0);
  ended() if $pidfd < 0 && $! == 3; # ESRCH: over before it could be watched
}
# Asked of the shim, in a process of its own: the shim waits for this one when it is told to delete the task. How many
# processes the kernel killed for memory stands in the cgroup, which is there until then.
# A container that is being removed loses the file of its starts first: then nothing is to be left of its ends either.
sub ended {
  my $out = 0;
  for my $path ("memory/niyanta/$id/memory.oom_control", "niyanta/$id/memory.events") {
    open(my $file, '<', "/sys/fs/cgroup/$path") or next;
    while (<$file>) { $out = $1 if /^oom_kill (\d+)/; }
    close $file;
  }
  $SIG{CHLD} = 'IGNORE';
  return if fork;
  $SIG{CHLD} = 'DEFAULT';
  exec 'sh', '-c', 'for n in 1 2 3 4 5; do
  [ -e "$4/$1.starts" ] || exit 0
  code=$(timeout 2 ctr --namespace niyanta shim --id "$1" state 2>/dev/null |
    awk \'/"status": 3/ {e = 1} /"exit_status"/ {c = $2 + 0} END {if (e) print c + 0}\')
  [ -z "$code" ] || break; sleep 0.1
done
[ -n "$code" ] || code=-
echo "$2 $code $3" >>"$4/$1.ends"
[ -e "$4/$1.starts" ] || rm -f "$4/$1.ends"', 'sh', $id, time, $out, $dir;
  exit 1;
}
# containerd asks with TERM when the task is over, while its side of the pipes is still open: what is there is read.
my $over = 0;
$SIG{TERM} = sub { $over = 1 };
$SIG{INT} = 'IGNORE';
my %of = (3 => 'stdout', 4 => 'stderr');
my %left = (3 => '', 4 => '');
my %begun;
# The beginning of a long line, cut between two characters (UTF-8: no character begins with a byte of 10xxxxxx).
sub part {
  my ($fd) = @_;
  my $end = 16384;
  $end-- while $end > 16380 && (ord(substr($left{$fd}, $end, 1)) & 0xC0) == 0x80;
  return substr($left{$fd}, 0, $end, '');
}
sub finish {
  my ($fd) = @_;
  put($of{$fd}, 'F', $left{$fd}) if $begun{$fd} || length $left{$fd};
  $left{$fd} = '';
}
while (%of) {
  my $bits = '';
  vec($bits, $_, 1) = 1 for keys %of;
  vec($bits, $pidfd, 1) = 1 if $pidfd >= 0;
  my @torn = grep { length $left{$_} } keys %of;
  # Perl may be told of TERM just before select sleeps, so it never sleeps for long.
  my $ready = select($bits, undef, undef, $over ? 0 : @torn ? 0.3 : !$watched && $looks < 100 ? 0.2 : 5);
  watch() unless $watched || $over;
  if ($ready == 0) {
    last if $over;
    # A prompt, or the last words of a process that hangs: shown without waiting for the end of the line.
    for my $fd (sort @torn) { put($of{$fd}, 'P', $left{$fd}); $left{$fd} = ''; $begun{$fd} = 1; }
  }
  next if $ready <= 0;
  # Its end is noted when all that it said was read: whoever sees the end finds the log whole.
  if ($pidfd >= 0 && vec($bits, $pidfd, 1) && $ready == 1) {
    for my $fd (sort keys %of) { finish($fd); $begun{$fd} = 0; }
    ended(); open(my $done, '<&=', $pidfd); $pidfd = -1;
  }
  for my $fd (sort keys %of) {
    next unless vec($bits, $fd, 1);
    my $n = sysread($in{$fd}, my $chunk, 65536);
    if (!$n) {
      next if !defined $n && $! == 4; # EINTR
      finish($fd);
      delete $of{$fd};
      next;
    }
    $left{$fd} .= $chunk;
    while ($left{$fd} =~ s/\A([^\n]*)\n//) { put($of{$fd}, 'F', $1); $begun{$fd} = 0; }
    while (length $left{$fd} > 16384) { put($of{$fd}, 'P', part($fd)); $begun{$fd} = 1; }
  }
}
finish($_) for sort keys %of;
`;
