import {argv, type Command} from '../hosts/command.ts';

/** niyanta's namespace in containerd: what is in others is never touched. */
export const namespace = 'niyanta';

/** One `ctr` invocation in niyanta's namespace. */
export const ctr = (...words: readonly string[]): Command => argv('ctr', '--namespace', namespace, ...words);
