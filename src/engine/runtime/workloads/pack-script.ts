import {argv, type Command} from '../../hosts/command.ts';
import {contract} from './contract.ts';

/**
 * Writes files of a job as a tar stream (POSIX ustar, with pax records for what does not fit), from inside a folder that
 * is its root by then (chroot(2)): no link and no `..` leads out of it, whoever made them. Only plain files are read.
 * `checkpoint MOST`: what the file of checksums names, that file first. `all MOST`: every file there. `files MOST TOTAL PATH…`: those, as
 * 1, 2, 3, … and a last member `notes` with lines `NUMBER REASON` for those that are not among them. Exit: 3 when a file
 * was changed while it was read, or is not there; 4 when a checkpoint has more than MOST bytes.
 */
const PACK = String.raw`use strict;
use Fcntl;
my ($mode, $root, $sums, @words) = @ARGV;
chdir $root && chroot '.' or do { print STDERR "$root: $!\n"; exit 1 };
binmode STDOUT;
sub put { my ($data) = @_; while (length $data) { my $n = syswrite(STDOUT, $data) // exit 1; substr($data, 0, $n, ''); } }
sub pad { my ($size) = @_; put("\0" x (-$size % 512)) }
sub member {
  my ($name, $size, $perm, $uid, $gid, $type) = @_;
  if ($type eq '0' && (length $name > 100 || $size > 0777_7777_7777)) {
    my $records = '';
    for my $record (" path=$name\n", $size > 0777_7777_7777 ? " size=$size\n" : ()) {
      my $length = length $record;
      $length = length($record) + length $length for 1 .. 3;
      $records .= "$length$record";
    }
    member('pax', length $records, 0644, 0, 0, 'x');
    put($records); pad(length $records);
  }
  my $octal = sub { my ($n, $digits) = @_; sprintf "%0*o", $digits, $n < 8 ** $digits ? $n : 0 };
  my $head = pack('a100 a8 a8 a8 a12 a12 a8 a1 a100 a6 a2 x247', substr($name, 0, 100), $octal->($perm & 0777, 7),
    $octal->($uid, 7), $octal->($gid, 7), $octal->($size, 11), $octal->(0, 11), ' ' x 8, $type, '', 'ustar', '00');
  substr($head, 148, 8) = sprintf "%06o\0 ", unpack('%32C*', $head);
  put($head);
}
sub file { # NAME AS MOST: why not; nothing when it was written
  my ($name, $as, $most) = @_;
  # A device or a pipe is not even opened.
  if (defined $most ? -e $name && !-f _ : lstat $name && !-f _) { return 'it is no plain file' }
  sysopen(my $in, $name, O_RDONLY | O_NONBLOCK | (defined $most ? 0 : O_NOFOLLOW)) or return $!{ENOENT} ? 'there is no such file' : "$!";
  my @is = stat $in;
  return 'it is no plain file' unless -f _;
  return "it is larger than $most bytes" if defined $most && $is[7] > $most;
  member($as, $is[7], $is[2], $is[4], $is[5], '0');
  my $left = $is[7];
  while ($left > 0) {
    my $n = sysread($in, my $chunk, $left < 65536 ? $left : 65536);
    if (!$n) { print STDERR "$name was cut short while it was read\n"; exit 3 }
    put($chunk);
    $left -= $n;
  }
  pad($is[7]);
  return;
}
sub text { my ($name, $text) = @_; member($name, length $text, 0644, 0, 0, '0'); put($text); pad(length $text); }
my $left = 0;
sub weigh { # NAME: of a checkpoint
  my ($name) = @_;
  $left -= lstat $name && -f _ ? -s _ : 0;
  if ($left < 0) { print STDERR "it has more than $words[0] bytes\n"; exit 4 }
}
sub must { my ($name) = @_; my $why = file($name, $name); return unless defined $why; print STDERR "$name: $why\n"; exit 3 }
sub walk {
  my ($folder, $with) = @_;
  opendir(my $list, $folder) or return;
  for my $name (sort grep { $_ ne '.' && $_ ne '..' } readdir $list) {
    my $path = $folder eq '.' ? $name : "$folder/$name";
    lstat $path;
    if (-d _) { walk($path, $with) } elsif (-f _ && $path ne 'progress') { $with->($path) }
  }
}
# Loaded now: there is no perl in there.
BEGIN { require Errno; }
if ($mode eq 'files') {
  my ($most, $total, @paths) = @words;
  my ($number, $notes) = (0, '');
  for my $path (@paths) {
    $number++;
    my $size = -s $path // 0;
    my $why = $size > $total ? 'all of them together are too large' : file($path, $number, $most);
    if (defined $why) { $notes .= "$number $why\n" } else { $total -= $size }
  }
  text('notes', $notes);
} elsif ($mode eq 'all') { $left = $words[0]; walk('.', \&weigh); walk('.', \&must) }
else {
  sysopen(my $in, $sums, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) or do { print STDERR "$sums: $!\n"; exit 3 };
  my ($list, $n) = ('', 1);
  if (!-f $in) { print STDERR "$sums is no plain file\n"; exit 3 }
  $n = sysread($in, $list, 65536, length $list) while $n && length $list <= 1 << 20;
  my @names = map { /\A[0-9a-fA-F]{64} [ *](?:\.\/)?(.+)\z/ ? $1 : () } split /\n/, $list;
  $left = $words[0];
  weigh($_) for @names;
  text($sums, $list);
  must($_) for @names;
  my $progress = file('progress', 'progress', 64);
}
put("\0" x 1024);`;

const pack = (mode: string, folder: string, ...words: readonly string[]): Command =>
  argv('perl', '-e', PACK, mode, folder, contract.sums, ...words);

/** The last complete checkpoint in a folder; `all`: whatever is there, of a job that has ended for it. */
export const packCheckpoint = (folder: string, which: 'summed' | 'all', mostBytes: number): Command =>
  pack(which === 'all' ? 'all' : 'checkpoint', folder, String(mostBytes));

/** Bytes of one file, of all together. */
export interface OutputLimits {
  readonly file: number;
  readonly total: number;
}

/** Files by their paths in a root file system. */
export const packFiles = (root: string, paths: readonly string[], limits: OutputLimits): Command =>
  pack('files', root, String(limits.file), String(limits.total), ...paths);
