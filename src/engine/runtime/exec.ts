import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import {bundlesFolder, namespace} from './ctr.ts';
import * as paths from './paths.ts';

export interface ExecOptions {
  /** Told apart from other execs in the container by this, a random end and the process's number. */
  readonly name: string;
  readonly terminal?: boolean;
  readonly user?: string;
  readonly workdir?: string;
  /** Milliseconds; the command is killed then, and the exit code is 124, as timeout(1) says. */
  readonly timeoutMs?: number;
}

// Where a process ends quickly, ctr may give its output up unread: at its end it closes what it has not got to opening
// yet. So the output's FIFOs are opened here, too, as soon as they are there, and what is still in them when ctr has ended
// is passed on. ctr reads all or nothing of each, and nobody reads beside it: nothing comes twice.
const HOLD = String.raw`use Fcntl;
my ($dir, @ctr) = @ARGV;
mkdir $dir, 0700 or -d $dir or die "$dir: $!\n";
defined(my $pid = fork) or die "fork: $!\n";
if (!$pid) { exec @ctr; print STDERR "$ctr[0]: $!\n"; exit 127 }
$SIG{$_} = sub { kill shift, $pid } for qw(HUP INT TERM);
my (%held, $ended);
while (keys %held < 2 && !($ended = waitpid $pid, 1)) {
  for my $which (grep { !$held{$_} } qw(stdout stderr)) {
    my ($fifo) = glob "$dir/*/*-$which" or next;
    sysopen my $handle, $fifo, O_RDONLY | O_NONBLOCK or next;
    $held{$which} = $handle;
  }
  select undef, undef, undef, 0.002;
}
if (!$ended) { 1 while waitpid($pid, 0) == -1 && $! == 4 }
my $status = $?;
for ([$held{stdout}, *STDOUT], [$held{stderr}, *STDERR]) {
  my ($from, $to) = @$_;
  while ($from && sysread $from, my $left, 65536) {
    while (length $left) { substr $left, 0, (syswrite($to, $left) || exit 1), "" }
  }
}
unless (rmdir $dir) { unlink glob "$dir/*/*"; rmdir for glob "$dir/*"; rmdir $dir }
exit($status & 127 ? 128 + ($status & 127) : $status >> 8)`;

/** How both begin: `$io` is a folder of this exec alone. */
const CTR = `ctr --namespace ${namespace} tasks exec --fifo-dir "$io" --exec-id "$name"`;
const HELD = `perl -e "$hold" "$io"`;

// ctr leaves an exec behind when it is killed, so what is given up is killed in the container as well.
const EXEC_IN_TIME = `hold=$1 id=$2 name=$3-$$ limit=$4; shift 4
mkdir -p ${paths.runtime} && io=${paths.runtime}/$name.io || exit 125
${HELD} timeout -k 1 "$limit" ${CTR} "$@"
code=$?
if [ $code = 124 ]; then ctr --namespace ${namespace} tasks kill --exec-id "$name" --signal SIGKILL "$id" >/dev/null 2>&1; fi
exit $code`;

const EXEC_ON_TERMINAL = `name=$2-$$; shift 2
exec ctr --namespace ${namespace} tasks exec --exec-id "$name" "$@"`;

// ctr loses an end of input that comes before the process has started, and the process would wait for it for ever. So
// the end is held back until the shim has written the process's number, and opened its input right after.
const EXEC = `hold=$1 id=$2 name=$3-$$; shift 3
io=${paths.runtime}/$name.io
pid=${bundlesFolder}/$id/$name.pid
mkdir -p ${paths.runtime} && mkfifo -m 600 "${paths.runtime}/$name" || exit 125
exec 3<&0
{ cat <&3
  i=0; while [ $i -lt 200 ] && [ ! -s "$pid" ]; do sleep 0.05; i=$((i + 1)); done
  sleep 0.1
} >"${paths.runtime}/$name" 2>/dev/null &
exec 4<"${paths.runtime}/$name"
rm -f "${paths.runtime}/$name"
${HELD} ${CTR} "$@" <&4 3<&- 4<&-
code=$?
kill $! 2>/dev/null
exit $code`;

/** Runs a command in a container; its exit code is the command's. */
export function execCommand(id: ContainerId, command: readonly string[], options: ExecOptions): Command {
  const flags = [
    ...(options.terminal ? ['--tty'] : []),
    ...(options.user === undefined ? [] : ['--user', options.user]),
    ...(options.workdir === undefined ? [] : ['--cwd', options.workdir]),
  ];
  const words = [...flags, id, ...command];
  if (options.terminal) return script(EXEC_ON_TERMINAL, id, options.name, ...words);
  if (options.timeoutMs === undefined) return script(EXEC, HOLD, id, options.name, ...words);
  const seconds = String(Math.max(0.001, options.timeoutMs / 1000));
  return script(EXEC_IN_TIME, HOLD, id, options.name, seconds, ...words);
}
