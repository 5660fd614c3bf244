/**
 * Asks the proxy's admin API, which listens on a unix socket that only root may open. Prints the answer. Exit: 0 for 2xx,
 * 22 for another status (its text on standard error), 7 when nobody answers. Hosts need no curl.
 */
export const caddyAdmin = String.raw`#!/usr/bin/perl
# niyanta: caddy-admin SOCKET METHOD PATH [FILE]
use strict;
use Socket;
my ($path, $method, $what, $file) = @ARGV;
my $body = '';
if (defined $file) {
  open(my $in, '<', $file) or die "caddy-admin: $file: $!\n";
  local $/;
  $body = <$in> // '';
}
local $SIG{ALRM} = sub { print STDERR "the proxy does not answer\n"; exit 7 };
alarm 30;
my $caddy;
socket($caddy, PF_UNIX, SOCK_STREAM, 0) && connect($caddy, pack_sockaddr_un($path))
  or do { print STDERR "the proxy does not run: $!\n"; exit 7 };
my $request = "$method $what HTTP/1.0\r\nHost: niyanta\r\nContent-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
$SIG{PIPE} = 'IGNORE';
while (length $request) {
  my $n = syswrite($caddy, $request) // do { print STDERR "the proxy went away: $!\n"; exit 7 };
  substr($request, 0, $n, '');
}
my ($answer, $n) = ('', 1);
$n = sysread($caddy, $answer, 65536, length $answer) while $n;
my ($head, $text) = split /\r\n\r\n/, $answer, 2;
my ($status) = ($head // '') =~ m{\AHTTP/\S+ (\d+)} or do { print STDERR "the proxy went away\n"; exit 7 };
if ($status =~ /^2/) { print $text // ''; exit 0 }
print STDERR $text // "status $status", "\n";
exit 22;
`;
