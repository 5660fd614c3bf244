import {argv, type Command, render, script} from '../hosts/command.ts';
import {fencesFolder} from './paths.ts';

/**
 * Who may change an environment's things on a host: the lease whose number the host keeps. `scope` is PROJECT.ENV, the
 * file's name in /var/lib/niyanta/fences; a file SCOPE.lock beside it is what is locked, since a lock on a file that is
 * renamed over would be a lock on nothing.
 */
export interface Fence {
  readonly scope: string;
  readonly number: number;
  /** Names the lease: an old copy of a state may give out a number for the second time. */
  readonly holder: string;
  /** The coordinator that serves the environment from now on: it leaves a mark, and nobody else raises the number then. */
  readonly server?: ServerMark;
}

/** Who serves an environment; SCOPE.served has it in one line, `ID ADDRESS`. */
export interface ServerMark {
  /** Of its database, so that all coordinators on it are the same: letters and digits. */
  readonly id: string;
  /** Where its API is, for people. */
  readonly address: string;
}

/** How a change that the host refused ends; stderr then says `niyanta-fenced NUMBER`, or `none`. */
export const fencedExit = 94;

/** Last line of every script that goes over standard input: one that was cut off on its way is not run. */
export const scriptEnd = '# niyanta: the end';

/** In the process list of a host this names a change, the words before it its fence: how the next holder finds it. */
export const changingMark = 'niyanta-changing';

// The lock is shared among the changes of one lease, taken before the number is read, and held by the shell and its
// children to their end. Daemons that a change starts close descriptor 8.
const CHECKED = `[ -e "$fence.lock" ] && exec 8<"$fence.lock" && flock -s 8 && read -r holder <"$fence" || holder=none
if [ "$holder" != "$3" ]; then echo "niyanta-fenced \${holder%% *}" >&2; exit ${fencedExit}; fi`;

// All of the text is read before the lock is taken: a line that went dead in the middle holds nobody up.
const CHANGING = `fence=$1/$2
if [ "$5" = script ]; then
  text=$(cat)
  case $text in *'${scriptEnd}') ;; *) echo 'the script was cut off on its way' >&2; exit 1 ;; esac
  exec </dev/null
else
  text=$6
fi
${CHECKED}
eval "$text"`;

/** How a host's file says whose turn it is. */
export const holderOf = ({number, holder}: Fence): string => `${number} ${holder}`;

const changing = (fence: Fence, what: string, kind: 'script' | 'stream', line: string): Command =>
  script(CHANGING, fencesFolder, fence.scope, holderOf(fence), what, kind, line, changingMark);

/** Runs the script on standard input as a change. `what` is what it does, in words; it stands in the process list. */
export const changeByScript = (fence: Fence, what: string): Command => changing(fence, what, 'script', '');

/** Runs a command as a change, which may take long and may be interrupted at any moment: a pull, an import. */
export const changeByStream = (fence: Fence, what: string, command: Command): Command =>
  changing(fence, what, 'stream', render(command));

// What goes on under another lease: streams are ended, of the others is told what they do.
const OLDER = String.raw`my ($scope, $holder) = @ARGV;
my %doing;
for my $process (glob "/proc/[0-9]*") {
  open my $file, "<", "$process/cmdline" or next;
  my @words = split /\0/, do { local $/; <$file> // "" };
  next unless @words > 7 && $words[-1] eq "${changingMark}" && $words[-6] eq $scope && $words[-5] ne $holder;
  $doing{$words[-4]} = 1;
  my $group = $words[-3] eq "stream" ? getpgrp($process =~ s{.*/}{}r) : -1;
  kill "TERM", -$group if $group > 1;
}
print "busy $_\n" for sort keys %doing;`;

const RAISE = `mkdir -p "$1" && exec 9<"$1" && flock 9 || exit 1
fence=$1/$2 holder= served=
[ ! -e "$fence.served" ] || read -r served <"$fence.served"
if [ -n "$served" ] && [ "\${served%% *}" != "\${4%% *}" ]; then echo "served \${served#* }"; exit 0; fi
[ ! -e "$fence" ] || read -r holder <"$fence"
if [ "$holder" != "$3" ]; then
  number=\${holder%% *}
  case $number in '' | *[!0-9]*) number=0 ;; esac
  if [ "$number" -ge "\${3%% *}" ]; then echo "newer $number"; exit 0; fi
  if printf '%s\\n' "$3" 2>/dev/null >"$fence.new"; then
    sync "$fence.new" && mv -f "$fence.new" "$fence" && sync "$1" || exit 1
  else
    # A disk without room for another file has it where the old one stands: what makes room is a change, too.
    rm -f "$fence.new"
    { [ -e "$fence" ] && printf '%s\\n' "$3" 1<>"$fence" && sync "$fence"; } || { echo x | cat >>"$fence.new"; exit 1; }
  fi
fi
if [ -n "$4" ] && [ "$served" != "$4" ]; then
  printf '%s\\n' "$4" >"$fence.served.new" && sync "$fence.served.new" && mv -f "$fence.served.new" "$fence.served" || exit 1
fi
exec 8>>"$fence.lock" 9<&-
i=0
until flock -n 8; do
  [ $i -gt 0 ] || perl -e '${OLDER}' "$2" "$3"
  [ $i -lt 20 ] || exit 0
  sleep 0.1
  i=$((i + 1))
done
echo raised`;

/**
 * Raises a host's number to that of a new lease, durably, and never lowers it. From then on changes under an older one
 * are refused; those that had begun are waited for, two seconds at most: then this is to be asked again.
 */
export const raising = {
  command: (fence: Fence): Command => script(RAISE, fencesFolder, fence.scope, holderOf(fence), markOf(fence.server)),
  parse: (stdout: string): Raised => {
    const lines = stdout.split('\n');
    const newer = lines.flatMap(line => /^newer (\d+)$/.exec(line)?.[1] ?? [])[0];
    if (newer !== undefined) return {kind: 'newer', number: Number(newer)};
    const served = lines.flatMap(line => /^served (.*)$/.exec(line)?.[1] ?? [])[0];
    if (served !== undefined) return {kind: 'served', address: served};
    if (lines.includes('raised')) return {kind: 'raised'};
    return {kind: 'busy', doing: lines.flatMap(line => /^busy (.+)$/.exec(line)?.[1] ?? [])};
  },
};

const markOf = (server: ServerMark | undefined): string => (server ? `${server.id} ${server.address}` : '');

/** Takes the mark of who serves an environment away: others may change it again. To be run as a change. */
export const unmark = (scope: string): Command => argv('rm', '-f', `${fencesFolder}/${scope}.served`);

/** `served`: another one serves the environment, nothing was raised. `busy`: the number is raised, and what an older lease began goes on. */
export type Raised =
  | {readonly kind: 'raised'}
  | {readonly kind: 'newer'; readonly number: number}
  | {readonly kind: 'served'; readonly address: string}
  | {readonly kind: 'busy'; readonly doing: readonly string[]};
