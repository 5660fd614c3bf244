/**
 * Takes a container's output from containerd (binary logging: stdout on 3, stderr on 4, ready when 5 is closed; see
 * containerd's runtime/v2 docs) and writes it as lines of the CRI log format: time, stream, F or P (a part of a line),
 * text. Turns the file over at 10 MB and keeps three. Needs nothing but perl-base, which every Debian has; where
 * Time::HiRes is not in it, clock_gettime comes through syscall.
 */
export const logger = String.raw`#!/usr/bin/perl
use strict; use warnings; use POSIX ();
my ($dir, $id) = ('/var/lib/niyanta/logs', $ENV{CONTAINER_ID});
my ($max, $keep) = (10 * 1024 * 1024, 3);
my $gettime = (POSIX::uname())[4] =~ /^(?:x86_64)$/ ? 228 : 113;
sub stamp {
  my $buffer = pack('q2', 0, 0);
  my ($s, $ns) = syscall($gettime, 0, $buffer) == 0 ? unpack('q2', $buffer) : (time, 0);
  return POSIX::strftime('%Y-%m-%dT%H:%M:%S', gmtime $s) . sprintf('.%06dZ', $ns / 1000);
}
my ($log, $size);
sub reopen { open($log, '>>', "$dir/$id.log") or die; binmode $log; $size = -s $log; }
sub turn {
  close $log;
  rename "$dir/$id.log." . ($_ - 1), "$dir/$id.log.$_" for reverse 2 .. $keep;
  rename "$dir/$id.log", "$dir/$id.log.1";
  reopen();
}
sub put {
  my ($stream, $tag, $text) = @_;
  my $line = stamp() . " $stream $tag $text\n";
  turn() if $size + length $line > $max;
  # A full disk must not block the container: what cannot be written is lost, the container goes on.
  my $n = syswrite($log, $line);
  $size += $n if $n;
}
reopen();
if (open(my $starts, '>>', "$dir/$id.starts")) { print $starts time, "\n"; close $starts; }
POSIX::close(5);
# containerd asks with TERM when the task is over, while its side of the pipes is still open: what is there is read.
my $over = 0;
$SIG{TERM} = sub { $over = 1 };
$SIG{INT} = 'IGNORE';
my %of = (3 => 'stdout', 4 => 'stderr');
my %left = (3 => '', 4 => '');
while (%of) {
  my $bits = '';
  vec($bits, $_, 1) = 1 for keys %of;
  my $ready = select($bits, undef, undef, $over ? 0 : undef);
  last if $over && $ready == 0;
  next if $ready <= 0;
  for my $fd (sort keys %of) {
    next unless vec($bits, $fd, 1);
    my $n = POSIX::read($fd, my $chunk, 65536);
    # At the end of a pipe POSIX::read says "0 but true".
    if (!defined $n || $n == 0) {
      next if !defined $n && $! == POSIX::EINTR();
      put($of{$fd}, 'F', $left{$fd}) if length $left{$fd};
      delete $of{$fd};
      next;
    }
    $left{$fd} .= $chunk;
    put($of{$fd}, 'F', $1) while $left{$fd} =~ s/\A([^\n]*)\n//;
    put($of{$fd}, 'P', substr($left{$fd}, 0, 16384, '')) while length $left{$fd} > 16384;
  }
}
put($of{$_}, 'F', $left{$_}) for grep { length $left{$_} } sort keys %of;
`;
