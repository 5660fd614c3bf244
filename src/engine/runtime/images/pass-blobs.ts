import {argv, type Command} from '../../hosts/command.ts';
import {namespace} from '../ctr.ts';

/**
 * One host gives image blobs to another, over a TCP connection of their own, so that they need not come from this
 * machine. Perl-base is on every Debian; ctr reads and writes the content store, wherever containerd keeps it.
 *
 * give ADDRESS: reads a token from standard input, listens on a free port of ADDRESS, prints the port, and answers each
 * connection's line `TOKEN sha256:HEX` with that blob's bytes, until standard input ends.
 *
 * take: reads `ADDRESS PORT TOKEN`, then the members of an archive for `ctr images import`: `bytes N` with N bytes
 * behind it, or `blob HEX SIZE`, which is fetched and padded as a member of a tar. Tells of each blob on standard error.
 */
const program = String.raw`use strict; use IO::Socket::INET; use IO::Select;
my ($mode, $address) = @ARGV;
my @ctr = ('ctr', '--namespace', '${namespace}');
sub give {
  chomp(my $token = <STDIN>);
  my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => $address) or die "cannot listen on $address: $!\n";
  $SIG{CHLD} = 'IGNORE';
  syswrite STDOUT, $listener->sockport . "\n";
  my $both = IO::Select->new(\*STDIN, $listener);
  while (1) {
    for my $ready ($both->can_read) {
      if ($ready != $listener) { exit 0 unless sysread STDIN, my $more, 4096; next; }
      my $peer = $listener->accept or next;
      next if fork;
      alarm 30;
      my $asked = <$peer>;
      exit 1 unless defined $asked && $asked =~ /^\Q$token\E (sha256:[0-9a-f]{64})\n$/;
      my $digest = $1;
      alarm 0;
      close STDIN; close $listener;
      open STDOUT, '>&', $peer or exit 1;
      exec @ctr, 'content', 'get', $digest;
    }
  }
}
sub copy {
  my ($from, $to, $left, $what) = @_;
  while ($left > 0) {
    my $read = read $from, my $chunk, $left > 262144 ? 262144 : $left;
    die "$what broke off, $left bytes before its end\n" unless $read;
    print $to $chunk or die "the import broke off\n";
    $left -= $read;
  }
}
sub take {
  my ($host, $port, $token) = split ' ', scalar <STDIN>;
  binmode STDIN;
  open my $import, '|-', @ctr, 'images', 'import', '-' or die "cannot run ctr: $!\n";
  binmode $import;
  $SIG{PIPE} = 'IGNORE';
  while (my $line = <STDIN>) {
    if ($line =~ /^bytes (\d+)$/) { copy(\*STDIN, $import, $1, 'the archive'); next; }
    $line =~ /^blob ([0-9a-f]{64}) (\d+)$/ or die "not understood\n";
    my ($hex, $size) = ($1, $2);
    my $peer = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 5) or die "cannot reach $host:$port: $!\n";
    binmode $peer;
    print $peer "$token sha256:$hex\n";
    $peer->flush;
    copy($peer, $import, $size, "sha256:$hex");
    print $import "\0" x (-$size % 512);
    print STDERR "taken $size\n";
  }
  close $import or exit 1;
}
$mode eq 'give' ? give() : take();
`;

/** Gives blobs to whoever has the token, at an address of the host's own. */
export const giveBlobs = (address: string): Command => argv('perl', '-e', program, 'give', address);

/** Imports an archive, taking its blobs from another host. */
export const takeBlobs: Command = argv('perl', '-e', program, 'take');
