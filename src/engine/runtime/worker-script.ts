import {argv, type Command} from '../hosts/command.ts';
import {Bug} from '../spec/errors.ts';
import {changingMark, type Fence, fencedExit, holderOf} from './fence-commands.ts';
import {fencesFolder, runtime} from './paths.ts';

/**
 * Runs scripts that come on standard input, as many at once as each allows, and says how each ended as it ends. One
 * process a host for a whole change: a script costs one shell, and no channel, no round trip and no wait for its turn.
 * In: `ID LIMIT LENGTH WHAT`, a newline, the script. Out: `began ID`, and `end ID CODE OUT ERR`, a newline, and so many
 * bytes of what it said on each stream. A LIMIT of 0 is none. At the end of input what has not begun is dropped.
 *
 * Each script is a change of its own: it takes the lock and checks the number (see fence-commands.ts). What `preparing`
 * writes at its top is done before it, without a process. One with a limit makes way for what the host does beside.
 */
const WORKER = String.raw`use strict;
my ($folder, $scope, $holder, $runtime) = @ARGV;
my $fence = "$folder/$scope";
my ($in, $open, $busy, @queue, %jobs) = ('', 1, 0);
my ($most, @held) = (65536);
mkdir $runtime;

sub say_all { my ($text) = @_; while (length $text) { my $n = syswrite(STDOUT, $text) // exit 1; substr($text, 0, $n, ''); } }

sub folder { # PATH MODE
  my ($path, $mode) = @_;
  return if -d $path;
  folder($1, 0755) if $path =~ m{\A(/.+)/[^/]+\z};
  if (mkdir $path, 0755) { chmod $mode, $path or die "$path: $!\n" if $mode != 0755 }
  elsif (!-d $path) { die "$path: $!\n" }
}

sub prepare { # TEXT: what stands at its top
  my ($text) = @_;
  while ($text =~ /\G#: ([^\n]*)\n/gc) {
    my ($word, $path, $number) = split / /, $1;
    if ($word eq 'folder') { folder($path, oct $number); next }
    open(my $lock, '>>', $path) or die "$path: $!\n";
    flock($lock, 2) or die "$path: $!\n";
    if (fileno $lock == $number) { push @held, $lock; next }
    POSIX::dup2(fileno $lock, $number) // die "$path: $!\n";
  }
}

sub change { # in the child
  my ($job) = @_;
  $^F = 255;
  my $number = 'none';
  if (open(my $lock, '<', "$fence.lock")) {
    flock($lock, 1) or exit 1;
    if (open(my $file, '<', $fence)) { $number = readline($file) // 'none'; chomp $number; close $file; }
    if ($number eq $holder) {
      prepare($job->{text});
      my $path = "$runtime/script.$$";
      unlink $path;
      umask 077;
      open(my $text, '+>', $path) or die "$path: $!\n";
      unlink $path;
      binmode $text;
      while (length $job->{text}) { my $n = syswrite($text, $job->{text}) // die "$path: $!\n"; substr($job->{text}, 0, $n, ''); }
      umask 022;
      open(STDIN, '<', '/dev/null');
      exec 'sh', '/proc/self/fd/' . fileno($text), $folder, $scope, $holder, $job->{what}, 'script', '', '${changingMark}';
      die "sh: $!\n";
    }
  }
  $number =~ s/ .*//;
  print STDERR "niyanta-fenced $number\n";
  exit ${fencedExit};
}

sub begin {
  my ($job) = @_;
  # Once, and here: not in each child.
  require POSIX if $job->{text} =~ /\A#: /;
  pipe(my $out, my $out_end) or die; pipe(my $err, my $err_end) or die;
  my $pid = fork // die "fork: $!\n";
  if (!$pid) {
    open(STDOUT, '>&', $out_end); open(STDERR, '>&', $err_end);
    close $_ for $out, $err, $out_end, $err_end;
    setpriority(0, 0, 5) if $job->{limit};
    eval { change($job); 1 } or print STDERR $@;
    exit 1;
  }
  @$job{qw(pid text left)} = ($pid, '', 2);
  $jobs{fileno $out} = [$job, $out, 'out'];
  $jobs{fileno $err} = [$job, $err, 'err'];
  say_all("began $job->{id}\n");
}

sub end {
  my ($job) = @_;
  waitpid $job->{pid}, 0;
  my $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
  $busy-- if $job->{limit};
  say_all("end $job->{id} $code " . length($job->{out}) . ' ' . length($job->{err}) . "\n$job->{out}$job->{err}");
}

while ($open || %jobs) {
  my @left;
  for my $job (@queue) {
    if ($job->{limit} && $busy >= $job->{limit}) { push @left, $job; next }
    $busy++ if $job->{limit};
    begin($job);
  }
  @queue = @left;
  my $bits = '';
  vec($bits, $_, 1) = 1 for keys %jobs;
  vec($bits, 0, 1) = 1 if $open;
  next if select($bits, undef, undef, undef) <= 0;
  if ($open && vec($bits, 0, 1)) {
    if (!sysread(STDIN, $in, 65536, length $in)) { $open = 0; @queue = (); }
    while ($in =~ /\A(\d+) (\d+) (\d+) ([^\n]*)\n/ && length($in) - $+[0] >= $3) {
      push @queue, {id => $1, limit => $2, what => $4, text => substr($in, $+[0], $3), out => '', err => ''} if $open;
      substr($in, 0, $+[0] + $3, '');
    }
  }
  for my $fd (keys %jobs) {
    next unless vec($bits, $fd, 1);
    my ($job, $handle, $stream) = @{$jobs{$fd}};
    if (sysread($handle, my $chunk, 65536)) {
      $job->{$stream} .= $chunk;
      substr($job->{$stream}, 0, -$most, '') if length $job->{$stream} > $most;
      next;
    }
    delete $jobs{$fd};
    end($job) unless --$job->{left};
  }
}`;

/** Starts the worker for one lease on a host. */
export const worker = (fence: Fence): Command =>
  argv('perl', '-e', WORKER, fencesFolder, fence.scope, holderOf(fence), runtime);

/** Lines at the top of a script, which the worker carries out itself: paths have neither blanks nor quotes. */
export const preparing = {
  /** Makes a folder, and those above it, unless it is there. */
  folder: (path: string, mode = 0o755): string => `#: folder ${plain(path)} ${mode.toString(8)}`,
  /** Waits for a lock; the script holds it as this descriptor, to its end. */
  lock: (path: string, descriptor: number): string => `#: lock ${plain(path)} ${descriptor}`,
};

function plain(path: string): string {
  if (!/^\/[\w./-]+$/.test(path)) throw new Bug(`"${path}" cannot stand at the top of a script`);
  return path;
}
