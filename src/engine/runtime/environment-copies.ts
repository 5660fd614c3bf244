import {quote, script} from '../hosts/command.ts';
import type {Probe} from '../hosts/index.ts';
import type {HostScript} from './containers/host-script.ts';
import * as paths from './paths.ts';

const copyPath = (name: string): string => `${paths.environmentsFolder}/${name}.json`;

/**
 * Keeps a copy of what the state says of an environment, for root alone: it is replaced at once, and there after a
 * power cut. `name` is `PROJECT.STACK.ENV`.
 */
export const keepCopy = (name: string, text: string): HostScript => ({
  what: `keep a copy of the state of ${name}`,
  text: [
    'set -eu',
    `umask 077; mkdir -p ${paths.environmentsFolder}`,
    `new=${quote(`${copyPath(name)}.new`)}`,
    // Where it cannot be written, cat says why: to dash's printf a full disk is an "I/O error".
    `printf %s ${quote(text)} >"$new" || { echo x | cat >>"$new"; exit 1; }`,
    `sync "$new"; mv -f "$new" ${quote(copyPath(name))}; sync ${paths.environmentsFolder}`,
    '',
  ].join('\n'),
});

/** Removes it. */
export const dropCopy = (name: string): HostScript => ({
  what: `remove the copy of the state of ${name}`,
  text: [
    'set -eu',
    `rm -f ${quote(copyPath(name))} ${quote(`${copyPath(name)}.new`)}`,
    `rmdir ${paths.environmentsFolder} 2>/dev/null || :`,
    '',
  ].join('\n'),
});

const read = `cd ${paths.environmentsFolder} 2>/dev/null || exit 0
for copy in "$1".*.json; do [ ! -e "$copy" ] || cat "$copy"; done`;

/** The copies that a host keeps for a project, as lines. */
export const keptCopies = (project: string): Probe<readonly string[]> => ({
  command: script(read, project),
  parse: stdout => stdout.split('\n').filter(Boolean),
});
