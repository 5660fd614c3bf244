import {any, argv, type Command, quote, script} from '../../hosts/command.ts';
import type {Probe} from '../../hosts/probe.ts';
import {bundlesFolder} from '../ctr.ts';
import {logsFolder} from '../paths.ts';
import {preparing} from '../worker-script.ts';
import {reservedFolder, workloadsFolder} from './attempt-paths.ts';
import {type AttemptSpec, attemptId, type OwnedAttempt} from './attempt-spec.ts';

/** How a start ends where there is no room beside what other coordinators run; stderr then says `host-full: WHY`. */
export const hostFullExit = 96;

/** Processors (fractions count) and bytes of memory. */
export interface Room {
  readonly cpu: number;
  readonly memory: number;
}

const ownFolder = (owner: string): string => `${reservedFolder}/${owner}`;
const markPath = (spec: OwnedAttempt): string => `${ownFolder(spec.owner)}/${attemptId(spec)}`;
const thousandths = (cpu: number): number => Math.round(cpu * 1000);

/** A shell function: adds to `$cpu` and `$memory` what an owner's attempts reserve that are there and have not ended. No processes. */
const ADD = `reserved() { # FOLDER
  for mark in "$1"/*; do
    id=\${mark##*/} of=\${mark##*/workload.}
    [ -d "${workloadsFolder}/\${of%.*}/\${of##*.}" ] && [ ! -e "${logsFolder}/$id.ends" ] || continue
    pid=; { read -r pid <"${bundlesFolder}/$id/init.pid"; } 2>/dev/null || :
    [ -z "$pid" ] || [ -e "/proc/$pid/ns/pid" ] || continue
    c= m=; { read -r c m <"$mark"; } 2>/dev/null || continue
    cpu=$((cpu + c)) memory=$((memory + m))
  done
}`;

const reserves = ({resources: {cpu = 0, memory = 0}}: AttemptSpec): boolean => cpu > 0 || memory > 0;

/** At the top of a start: where it will say what it reserves. */
export const reservedFolderLines = (spec: AttemptSpec): readonly string[] =>
  reserves(spec) ? [preparing.folder(ownFolder(spec.owner))] : [];

/**
 * Lines that say what an attempt reserves, and then look whether all that is reserved fits into `room`, where another
 * coordinator runs something here, too. Whoever says it first and looks then is never overlooked by another who does the
 * same; that both give way and try again may happen.
 */
export function reservingLines(spec: AttemptSpec, room: Room | undefined): readonly string[] {
  if (!reserves(spec)) return [];
  const {cpu = 0, memory = 0} = spec.resources;
  const mark = quote(markPath(spec));
  const own = quote(ownFolder(spec.owner));
  const say = `echo ${thousandths(cpu)} ${Math.round(memory)} >${mark}`;
  if (!room) return [say];
  return [
    ADD,
    say,
    'cpu=0 memory=0',
    `for owner in ${reservedFolder}/*; do if [ "$owner" != ${own} ]; then reserved "$owner"; fi; done`,
    'if [ "$cpu$memory" != 00 ]; then',
    `  others="$cpu thousandths of a processor and $memory bytes of memory"`,
    `  reserved ${own}`,
    `  if [ $cpu -gt ${thousandths(room.cpu)} ] || [ $memory -gt ${Math.round(room.memory)} ]; then`,
    `    rm -f ${mark}`,
    '    echo "host-full: other coordinators have $others of it" >&2',
    `    exit ${hostFullExit}`,
    '  fi',
    'fi',
  ];
}

/** What the attempts of everybody but this owner reserve on a host. One line, and no process where nobody reserves anything. */
export const reservedByOthers = (owner: string): Probe<Room> => ({command: command(owner), parse});

const command = (owner: string): Command =>
  any(
    argv('test', '!', '-d', reservedFolder),
    script(
      `${ADD}
cpu=0 memory=0
for owner in ${reservedFolder}/*; do if [ "$owner" != "$1" ]; then reserved "$owner"; fi; done
echo "reserved $cpu $memory"`,
      ownFolder(owner),
    ),
  );

function parse(stdout: string): Room {
  const [, cpu, memory] = /^reserved (\d+) (\d+)$/m.exec(stdout) ?? [];
  return {cpu: Number(cpu ?? 0) / 1000, memory: Number(memory ?? 0)};
}
