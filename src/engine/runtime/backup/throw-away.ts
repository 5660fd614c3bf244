import {quote, render} from '../../hosts/command.ts';
import type {HostScript} from '../containers/host-script.ts';
import {ctr} from '../ctr.ts';
import * as paths from '../paths.ts';

/** A container that is made to try something out and then removed: no network, no restart, no secrets. */
export interface ThrowAway {
  readonly id: string;
  /** Name of an image that the host has. */
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the host → path in the container. */
  readonly mounts: readonly {readonly source: string; readonly target: string}[];
  /** In place of the image's entrypoint and arguments. */
  readonly command?: readonly string[];
  readonly user?: string;
  /** Bytes and cores. */
  readonly memory: number;
  readonly cpu: number;
}

const logOf = (id: string): string => `${paths.runtime}/${id}.log`;

/** `verify-` and eight hex digits: no replica has such a name. */
export const throwAwayId = (random: string): string => `niyanta-verify-${random}`;

/** Starts it. Its network namespace has a loopback and nothing else. */
export function startThrowAway({id, image, env, mounts, command = [], user, memory, cpu}: ThrowAway): HostScript {
  const flags = [
    ...mounts.flatMap(({source, target}) => ['--mount', `type=bind,src=${source},dst=${target},options=rbind:rw`]),
    '--memory-limit',
    String(memory),
    '--cpus',
    String(cpu),
    '--seccomp',
    ...(user === undefined ? [] : ['--user', user]),
  ];
  const log = logOf(id);
  const lines = Object.entries(env).filter(([, value]) => !/[\n\r\0]/.test(value));
  const text = `set -eu
mkdir -p ${quote(paths.runtime)}
${render(ctr('run', '--detach', '--log-uri', `file://${log}`, '--env-file', '/proc/self/fd/9', ...flags, image, id, ...command))} 9<<'end of environment'
${lines.map(([name, value]) => `${name}=${value}\n`).join('')}end of environment
`;
  return {what: `start a throw-away container of ${image}`, text};
}

/** Removes it and its log, whatever of it there is. */
export const removeThrowAway = (id: string): HostScript => ({
  what: `remove throw-away container ${id}`,
  text: `${render(ctr('tasks', 'rm', '--force', id))} >/dev/null 2>&1
${render(ctr('containers', 'rm', id))} >/dev/null 2>&1
${render(ctr('snapshots', 'rm', id))} >/dev/null 2>&1
rm -f ${quote(logOf(id))}
! ${render(ctr('containers', 'ls', '--quiet'))} | grep -qxF ${quote(id)}
`,
});

/** Whether it runs, a word; then the last lines of what it said. */
export const lookAtThrowAway = (id: string): string =>
  `if ${render(ctr('tasks', 'ls'))} | awk -v id=${quote(id)} '$1 == id && $3 == "RUNNING" {found = 1} END {exit !found}'; then echo running; else echo ended; fi
tail -n 10 ${quote(logOf(id))} 2>/dev/null || :`;

/** Runs one program of an image to its end and prints what it says, without starting what the image is for. */
export const oneCommand = (id: string, image: string, ...command: readonly string[]): HostScript => ({
  what: `run ${command[0]} of ${image}`,
  text: `${render(ctr('run', '--rm', image, id, ...command))}\n`,
});
