import {type Command, script} from '../../hosts/command.ts';
import * as paths from '../paths.ts';
import type {Upstream, UpstreamFigures} from './proxy-routes.ts';

/**
 * Sums up the access log since `$1` (seconds since the epoch): a line an upstream, `ADDRESS REQUESTS ERRORS P95`, the last
 * in seconds. One process; files that ended before are not opened.
 */
const FIGURES = String.raw`
use strict;
my ($since, $log) = @ARGV;
my (%seen, %errors);
(my $rolled = $log) =~ s/\.log$//;
for my $file (sort(glob("$rolled-*.log")), $log) {
  next if ((stat $file)[9] // 0) < $since;
  open(my $in, '<', $file) or next;
  while (<$in>) {
    my ($ts) = /"ts":([\d.]+)/ or next;
    next if $ts < $since;
    my ($upstream) = /"user_id":"([^"]+)"/ or next;
    my ($duration) = /"duration":([\d.eE+-]+)/ or next;
    my ($status) = /"status":(\d+)/ or next;
    push @{$seen{$upstream}}, $duration;
    $errors{$upstream}++ if $status >= 500 || $status == 0;
  }
}
for my $upstream (sort keys %seen) {
  my @sorted = sort { $a <=> $b } @{$seen{$upstream}};
  my $rank = int(0.95 * @sorted + 0.999999);
  printf "%s %d %d %.6f\n", $upstream, scalar @sorted, $errors{$upstream} // 0, $sorted[$rank - 1];
}`;

/** Figures of all upstreams of a host's proxy since a time, in milliseconds since the epoch by the host's clock. */
export const upstreamFigures = (sinceMs: number): Command =>
  script('perl -e "$1" "$2" "$3"', FIGURES, (sinceMs / 1000).toFixed(3), paths.proxyAccessLogPath);

/**
 * The same since an earlier answer of this command, and before it what time it is there (seconds since 1970): rates of
 * requests go by the host's own clock. Without `since`: the time alone.
 */
export const upstreamsSince = (since: number | undefined): Command =>
  since === undefined
    ? script('date +%s.%N')
    : script('date +%s.%N\nperl -e "$1" "$2" "$3"', FIGURES, since.toFixed(3), paths.proxyAccessLogPath);

/** Reads what `upstreamsSince` printed: how many requests each `ADDRESS:PORT` answered. */
export function parseSince(stdout: string): {readonly now: number; readonly requests: ReadonlyMap<string, number>} {
  const [now = '', ...lines] = stdout.split('\n');
  const counts = lines.flatMap(line => {
    const [address, requests] = line.split(' ');
    return address && requests ? [[address, Number(requests)] as const] : [];
  });
  return {now: Number(now), requests: new Map(counts)};
}

/** Reads what `upstreamFigures` printed: each of `upstreams` once, with zeros where nobody asked it. */
export function parseFigures(stdout: string, upstreams: readonly Upstream[]): readonly UpstreamFigures[] {
  const found = new Map(
    stdout.split('\n').map(line => {
      const [address = '', requests, errors, seconds] = line.split(' ');
      return [address, {requests: Number(requests), errors: Number(errors), p95Ms: Number(seconds) * 1000}] as const;
    }),
  );
  return upstreams.map(({address, port}) => ({
    address,
    port,
    ...(found.get(`${address}:${port}`) ?? {requests: 0, errors: 0, p95Ms: 0}),
  }));
}

/** One request, as the access log has it. */
export interface AccessLine {
  /** RFC 3339. */
  readonly at: string;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly uri: string;
  readonly protocol: string;
  /** It came by https. */
  readonly secure: boolean;
  /** 0: the client went away before there was an answer. */
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly size: number;
  readonly durationMs: number;
  /** `10.89.0.2:8080`; absent where the proxy itself answered. */
  readonly upstream?: string;
}

// Old files have the time at which they ended in their names, so names are in order of time, before access.log itself.
const READ = `cd "$(dirname "$1")" 2>/dev/null || exit 0
for file in access-*.log access.log; do [ ! -e "$file" ] || cat "$file" || exit; done`;

/** Prints the whole access log, over the turns of its file, oldest first. Nothing where nobody asked anything yet. */
export const readAccessLog: Command = script(READ, paths.proxyAccessLogPath);

/**
 * Goes on printing the access log, over the turns of its file, until killed; it begins with the last `tail` lines. Caddy
 * makes the file with the first request: until then it is waited for.
 */
export const followAccessLog = (tail: number): Command =>
  script('exec tail -n "$1" -F "$2" 2>/dev/null', String(tail), paths.proxyAccessLogPath);

/** Reads a line that Caddy wrote; undefined for anything else. */
export function parseAccessLine(line: string): AccessLine | undefined {
  let entry: Record<string, unknown> | null;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  const request = entry?.request as Record<string, string> | undefined;
  if (typeof entry?.ts !== 'number' || request === undefined) return undefined;
  const upstream = String(entry.user_id ?? '');
  return {
    at: new Date(entry.ts * 1000).toISOString(),
    client: request.client_ip ?? request.remote_ip ?? '',
    method: request.method ?? '',
    host: request.host ?? '',
    uri: request.uri ?? '',
    protocol: request.proto ?? '',
    secure: request.tls !== undefined,
    status: Number(entry.status),
    size: Number(entry.size),
    durationMs: Number(entry.duration) * 1000,
    ...(upstream !== '' && {upstream}),
  };
}
