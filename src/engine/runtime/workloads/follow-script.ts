import {argv, type Command} from '../../hosts/command.ts';
import {bundlesFolder} from '../ctr.ts';
import {logsFolder} from '../paths.ts';
import {workloadsFolder} from './attempt-paths.ts';
import {contract} from './contract.ts';

/**
 * Tells what becomes of a host's attempts, in one process however many run. In: `watch WORKLOAD ATTEMPT`, `forget WORKLOAD
 * ATTEMPT`. Out: `end`, `gone` (it ran, and neither its process nor a record of its end is there), `progress` and
 * `checkpoint` (another file of checksums was renamed into place; with a mark that names it), see `follow-events.ts`.
 * Ends are told as the logger writes them down (inotify(7)), the rest is looked for each second. Nothing that a job may
 * put into its folder makes this one read elsewhere, or wait.
 */
const FOLLOW = String.raw`use strict;
use Fcntl;
my ($logs, $work, $bundles, $sums, $progress) = @ARGV;
my ($in, %watched) = ('');
my $machine = '';
if (open(my $self, '<', $^X)) { read $self, $machine, 20; }
my ($init, $add) = substr($machine, 18, 1) eq chr(62) ? (294, 254) : (26, 27);
my $inotify = syscall($init, 0x80800);
my $folder = "$logs\0";
syscall($add, $inotify, $folder, 0x8) if $inotify >= 0;
my $notices;
if ($inotify >= 0) { open($notices, '<&=', $inotify) or undef $notices; }

sub say_all { my ($text) = @_; while (length $text) { my $n = syswrite(STDOUT, $text) // exit 1; substr($text, 0, $n, ''); } }

sub ended {
  my ($key, $of) = @_;
  open(my $file, '<', "$logs/$of->{id}.ends") or return 0;
  my $line;
  while (<$file>) { $line = $_ if /^\d+ (?:\d+|-) \d+\n/ }
  return 0 unless defined $line;
  look($key, $of);
  say_all("end $key $line");
  delete $watched{$key};
  return 1;
}

sub look {
  my ($key, $of) = @_;
  my $folder = "$work/$of->{folder}/checkpoint";
  my @is = lstat "$folder/$sums";
  my $mark = @is && -f _ ? "$is[1]-$is[9]-$is[7]" : '';
  if ($mark ne $of->{mark}) { $of->{mark} = $mark; say_all("checkpoint $key $mark\n") if $mark ne ''; }
  @is = lstat "$folder/$progress";
  my $stamp = @is && -f _ ? "$is[1]-$is[9]-$is[7]" : '';
  # A file that is written in place within a second looks the same.
  return if $stamp eq '' or $stamp eq $of->{stamp} && time - $is[9] > 2;
  $of->{stamp} = $stamp;
  sysopen(my $file, "$folder/$progress", O_RDONLY | O_NOFOLLOW | O_NONBLOCK) or return;
  return unless -f $file;
  sysread($file, my $text, 32) or return;
  return unless $text =~ /\A\s*(\d{1,3}(?:\.\d{1,6})?)\s*%?\s*\z/ && $1 <= 100 && $1 ne ($of->{progress} // '');
  $of->{progress} = $1;
  say_all("progress $key $1\n");
}

sub alive {
  my ($id) = @_;
  open(my $file, '<', "$bundles/$id/init.pid") or return;
  my $pid = <$file> || 0;
  return -e "/proc/$pid/ns/pid" ? 1 : 0;
}

my ($looked, $felt) = (0, 0);
for (;;) {
  my $bits = '';
  vec($bits, 0, 1) = 1;
  vec($bits, $inotify, 1) = 1 if $notices;
  my $ready = select($bits, undef, undef, %watched ? 1 : undef);
  if ($ready > 0 && vec($bits, 0, 1)) {
    sysread(STDIN, $in, 65536, length $in) or exit 0;
    while ($in =~ s/\A([^\n]*)\n//) {
      my ($word, $workload, $attempt) = split / /, $1;
      my $key = "$workload $attempt";
      if ($word eq 'forget') { delete $watched{$key}; next }
      $watched{$key} //= {id => "workload.$workload.$attempt", folder => "$workload/$attempt", mark => '', stamp => '', dead => 0};
      ended($key, $watched{$key}) or look($key, $watched{$key});
    }
  }
  if ($notices && $ready > 0 && vec($bits, $inotify, 1)) {
    sysread($notices, my $events, 65536);
    while (length $events >= 16) {
      my $size = unpack('x12 L', $events);
      my ($workload, $attempt) = substr($events, 16, $size) =~ /\Aworkload\.([^.]+)\.(\d+)\.ends\0/;
      substr($events, 0, 16 + $size, '');
      my $key = defined $workload ? "$workload $attempt" : '';
      ended($key, $watched{$key}) if $watched{$key};
    }
  }
  next if $looked == time;
  $looked = time;
  for my $key (keys %watched) {
    my $of = $watched{$key};
    # Without inotify, or where it was too much for it.
    next if ($looked % 3 == 0 || !$notices) && ended($key, $of);
    look($key, $of);
  }
  next if $looked - $felt < 2;
  $felt = $looked;
  for my $key (keys %watched) {
    my $of = $watched{$key};
    my $alive = alive($of->{id});
    if ($alive) { $of->{dead} = 0; next }
    # The logger asks the shim for the exit code, which takes its time on a busy host; of a task that is not there it will
    # not, and where its folder is gone, someone has removed it.
    $of->{dead} += !-d "$work/$of->{folder}" ? 8 : defined $alive ? 1 : 4;
    next if $of->{dead} < 8 or ended($key, $of);
    say_all("gone $key\n");
    delete $watched{$key};
  }
}`;

/** Goes on until its input ends. */
export const followAttempts: Command = argv(
  'perl',
  '-e',
  FOLLOW,
  logsFolder,
  workloadsFolder,
  bundlesFolder,
  contract.sums,
  contract.progress,
);
