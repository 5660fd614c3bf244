import {argv, render} from '../hosts/command.ts';
import {factsScript} from '../hosts/facts-script.ts';
import {ctr, namespace} from './ctr.ts';
import {exitCodeFunction} from './exit-code.ts';
import {listedImages} from './images/index.ts';
import * as paths from './paths.ts';
import {toolkitVersionPath} from './toolkit/index.ts';

/** Opens a section of the answer; no file of ours has such a line. */
export const sectionMark = '@@niyanta-observe ';

const section = (name: string): string => `echo '${sectionMark}${name}'`;

/**
 * Everything that a plan needs to know of a host, in one script: the number of processes that it starts does not grow
 * with the number of containers that run. Fixed text: nothing from outside is in it. Changes nothing.
 */
export const observeScript: string = [
  section('facts'),
  factsScript,
  section('toolkit'),
  `[ -r ${toolkitVersionPath} ] && cat ${toolkitVersionPath}; echo`,
  section('manifests'),
  // One manifest is one line; a file cut short has none that parses.
  `(cd ${paths.containersFolder} 2>/dev/null && grep -sH '' ./*.json)`,
  section('tasks'),
  'silent=',
  // A containerd that does not answer is waited for once, and not for long.
  `failed=; tasks=$(${render(argv('ctr', '--connect-timeout', '5s', '--namespace', namespace, 'tasks', 'ls'))} 2>&1) || failed=1`,
  'if [ -n "$failed" ]; then echo "failed $tasks"; tasks=; else echo "$tasks"; fi',
  section('containers'),
  `[ -n "$failed" ] || ${render(ctr('containers', 'ls', '--quiet'))} 2>&1`,
  section('exits'),
  // Few tasks stand ended: jobs that are done, and for a moment those that are about to be restarted.
  exitCodeFunction,
  `for id in $(echo "$tasks" | awk '$3 == "STOPPED" {print $1}'); do exit_code "$id"; done`,
  section('starts'),
  `(cd ${paths.logsFolder} 2>/dev/null && awk '{n[FILENAME]++; last[FILENAME]=$1} END {for (f in n) print f, n[f], last[f]}' ./*.starts 2>/dev/null)`,
  section('addresses'),
  // Local addresses that each running container sees in its own network namespace (proc(5), fib_trie).
  `pids=$(echo "$tasks" | awk '$3 == "RUNNING" {print "/proc/" $2 "/net/fib_trie"}')`,
  `[ -n "$pids" ] && awk '/32 host LOCAL/ {print FILENAME, before} {before = $2}' $pids 2>/dev/null | sort -u`,
  section('namespaces'),
  `awk '$3 == "nsfs" {print $2}' /proc/mounts`,
  section('names'),
  `(cd ${paths.hostsFolder} 2>/dev/null && md5sum ./* 2>/dev/null)`,
  section('images'),
  `[ -n "$failed" ] || ${render(listedImages.command)} 2>/dev/null`,
  section('volumes'),
  `(cd ${paths.volumesFolder} 2>/dev/null && for v in */*/; do [ -d "$v" ] && echo "$v"; done)`,
  section('end'),
].join('\n');
