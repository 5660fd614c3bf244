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

/** Wraps one line so that the first line of its stderr (of its terminal) says its process group; for `groupOf`. */
export function announced(line: string, {prefix, terminal}: {prefix: string; terminal: boolean}): string {
  const announce = terminal ? 'echo "$g $(tty)"' : 'echo "$g" >&2';
  const body = `${ENVIRONMENT}; ${OWN_GROUP}; ${announce}; eval "$1"`;
  return `${prefix}sh -c ${quote(body)} niyanta ${quote(line)}`;
}

/** The line that starts a persistent shell. */
export const shellLine = (prefix: string): string => `${prefix}sh`;

/** The first line for a persistent shell: prints its process group. */
export const SHELL_HELLO = `${ENVIRONMENT}; ${OWN_GROUP}; echo "$g"`;

/** Ends a process group and everything in it. */
export const killGroup = (group: string, prefix: string): string =>
  `${prefix}sh -c ${quote(KILL)} niyanta ${quote(group)}`;

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
