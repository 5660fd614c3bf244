import {PassThrough, type Readable} from 'node:stream';
import {quote} from './command.ts';

// A search path that has sbin even where sshd or sudo gives a shorter one; messages in one language, for parsers.
const ENVIRONMENT =
  'PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; LC_ALL=C; export PATH LC_ALL';

// Field 5 of proc(5) stat is the process group, which sshd (setsid) or we (detached) made for this process alone.
const OWN_GROUP = 'read -r _ _ _ _ g _ </proc/$$/stat';

// dash takes no "--" before the group. Asks first, since a killed apt leaves its lock and half a package; insists after three seconds.
const KILL = `kill -TERM "-$1" 2>/dev/null
i=0
while [ $i -lt 30 ] && kill -0 "-$1" 2>/dev/null; do sleep 0.1; i=$((i+1)); done
kill -KILL "-$1" 2>/dev/null
:`;

/**
 * Wraps one line so that the first line of its stderr (of its terminal) says its process group; for `groupOf`. `mark` is
 * in its command line, by which it is found again when the connection is gone.
 */
export function announced(
  line: string,
  {prefix, terminal, mark}: {prefix: string; terminal: boolean; mark: string},
): string {
  const announce = terminal ? 'echo "$g $(tty)"' : 'echo "$g" >&2';
  const body = `${ENVIRONMENT}; ${OWN_GROUP}; ${announce}; eval "$1"`;
  return `${prefix}sh -c ${quote(body)} ${mark} ${quote(line)}`;
}

// Says who it is, then reads commands: "MARK GROUP root|sudo". What a login shell's own files print stands before that.
const SHELL = `${ENVIRONMENT}; ${OWN_GROUP}; echo "$0 $g $1"; exec sh -s "$0"`;

/** The line that starts a persistent shell as root, by sudo where it must; the shell's first line is for `parseHello`. */
export const shellLine = (mark: string): string =>
  `sh -c ${quote(
    `if [ "$(id -u)" = 0 ]; then exec sh -c "$1" "$0" root; else exec sudo -n sh -c "$1" "$0" sudo; fi`,
  )} ${mark} ${quote(SHELL)}`;

/** What a persistent shell says of itself. */
export interface Hello {
  readonly group: string;
  /** What commands are to be put behind to run as root there: '' or `sudo -n `. */
  readonly prefix: string;
}

/** Reads a shell's first line; undefined for any other. */
export function parseHello(line: string, mark: string): Hello | undefined {
  const [said, group, by] = line.trim().split(' ');
  if (said !== mark || group === undefined || !/^\d+$/.test(group)) return undefined;
  return {group, prefix: by === 'sudo' ? 'sudo -n ' : ''};
}

/** Ends a process group and everything in it. */
export const killGroup = (group: string, prefix: string): string =>
  `${prefix}sh -c ${quote(KILL)} niyanta ${quote(group)}`;

// The mark comes in halves, so that this script does not find itself.
const KILL_MARKED = `mark=$1$2
read -r _ _ _ _ own _ </proc/$$/stat
groups=
for file in $(grep -slF "$mark" /proc/[0-9]*/cmdline); do
  { read -r _ _ _ _ g _ <"\${file%cmdline}stat"; } 2>/dev/null || continue
  case " $groups $own " in *" $g "*) ;; *) groups="$groups $g";; esac
done
for g in $groups; do kill -TERM "-$g" 2>/dev/null; done
i=0
while [ $i -lt 30 ]; do
  left=
  for g in $groups; do kill -0 "-$g" 2>/dev/null && left="$left $g"; done
  [ -n "$left" ] || exit 0
  sleep 0.1; i=$((i+1))
done
for g in $left; do kill -KILL "-$g" 2>/dev/null; done
:`;

/** Ends whatever was started with this mark and still runs, and waits until it has ended. */
export const killMarked = (mark: string, prefix: string): string => {
  const half = Math.floor(mark.length / 2);
  return `${prefix}sh -c ${quote(KILL_MARKED)} niyanta ${mark.slice(0, half)} ${mark.slice(half)}`;
};

/** Takes the announcement off the front of a stream. Rejects never: a stream that ends first gives ''. */
export function firstLine(stream: Readable): Promise<{readonly line: string; readonly rest: Readable}> {
  return new Promise(resolve => {
    let seen: Buffer = Buffer.alloc(0);
    const rest = new PassThrough();
    const done = (line: string, left: Buffer) => {
      stream.off('data', onData).off('end', onEnd).off('error', onEnd);
      if (left.length > 0) rest.write(left);
      stream.pipe(rest);
      resolve({line, rest});
    };
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const end = seen.indexOf('\n');
      if (end >= 0) done(seen.subarray(0, end).toString().trim(), seen.subarray(end + 1));
    };
    const onEnd = () => {
      stream.off('data', onData).off('end', onEnd).off('error', onEnd);
      rest.end(seen);
      resolve({line: '', rest});
    };
    stream.on('data', onData).once('end', onEnd).once('error', onEnd);
  });
}
