import {argv, type Command} from '../hosts/command.ts';

/** niyanta's namespace in containerd: what is in others is never touched. */
export const namespace = 'niyanta';

/**
 * Where containerd (runtime v2) keeps a folder for each task that it has: the process of `ID` in `ID/init.pid`, without a
 * newline, and what it was made of in `ID/config.json`.
 */
export const bundlesFolder = `/run/containerd/io.containerd.runtime.v2.task/${namespace}`;

/** One `ctr` invocation in niyanta's namespace. */
export const ctr = (...words: readonly string[]): Command => argv('ctr', '--namespace', namespace, ...words);
