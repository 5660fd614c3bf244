import {argv, render} from '../hosts/command.ts';
import {factsScript} from '../hosts/facts-script.ts';
import {bundlesFolder, ctr, namespace} from './ctr.ts';
import {translation} from './deviations/forwarding.ts';
import {limitsInForce} from './deviations/limits.ts';
import {devices} from './deviations/links.ts';
import {changedConfigs} from './deviations/recorded-config.ts';
import {exitCodeFunction} from './exit-code.ts';
import {listedImages} from './images/index.ts';
import {leftoverFiles} from './leftovers/leftover-files.ts';
import * as paths from './paths.ts';
import {observeProxy} from './proxy/observed-proxy.ts';
import {toolkitVersionPath} from './toolkit/index.ts';

/** Opens a section of the answer; no file of ours has such a line. */
export const sectionMark = '@@niyanta-observe ';

const section = (name: string): string => `echo '${sectionMark}${name}'`;

/** Containers with our labels that the restart monitor keeps running. */
const keptFilter = 'labels."niyanta.spec",labels."containerd.io/restart.status"==running';

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
  // Attempts of workloads are the coordinator's affair. A containerd that does not answer is waited for once, and not for long.
  `failed=; tasks=$(${render(argv('ctr', '--connect-timeout', '5s', '--namespace', namespace, 'tasks', 'ls'))} 2>&1) || failed=1`,
  'if [ -n "$failed" ]; then echo "failed $tasks"; tasks=; else tasks=$(echo "$tasks" | awk \'$1 !~ /^workload[.]/\'); echo "$tasks"; fi',
  section('containers'),
  // Both at once: each id once, and twice those that have our labels and are kept running. (A line is one write.)
  `[ -n "$failed" ] || ids=$({ ${render(ctr('containers', 'ls', '--quiet'))} || echo failed; } 2>&1 & { ${render(ctr('containers', 'ls', '--quiet', keptFilter))} || echo failed; } 2>&1; wait)`,
  'echo "$ids"',
  `pids=$(echo "$tasks" | awk '$3 == "RUNNING" {print $2}')`,
  'open=; for id in $ids; do case " $open $id" in *" $id "*|*" workload."*) ;; *) open="$open $id" ;; esac; done',
  'idle=0; for id in $open; do idle=$((idle + 1)); done; for pid in $pids; do idle=$((idle - 1)); done',
  // What runs shows by itself what it was made of; of what does not, containerd has to be asked.
  section('labelled'),
  `[ $idle -eq 0 ] || { ${render(ctr('containers', 'ls', '--quiet', 'labels."niyanta.spec"'))} && echo whole; } 2>/dev/null`,
  section('snapshots'),
  `[ $idle -eq 0 ] || { ${render(ctr('snapshots', 'ls'))} && echo whole; } 2>/dev/null | awk '{print $1}'`,
  section('identities'),
  // Of what has our labels and no manifest; bounded, since other people's containers have none either.
  `n=0; for id in $open; do [ -e "${paths.containersFolder}/$id.json" ] || [ $((n += 1)) -gt 20 ] || { echo "id $id"; ${render(ctr('containers', 'info'))} "$id" 2>/dev/null | sed -n 's/^ *"niyanta\\.\\([a-z]*\\)": "\\(.*\\)",*$/\\1 \\2/p'; }; done`,
  section('exits'),
  // Few tasks stand ended: jobs that are done, and for a moment those that are about to be restarted.
  exitCodeFunction,
  `for id in $(echo "$tasks" | awk '$3 == "STOPPED" {print $1}'); do exit_code "$id"; done`,
  section('starts'),
  `(cd ${paths.logsFolder} 2>/dev/null && awk '{n[FILENAME]++; last[FILENAME]=$1} END {for (f in n) print f, n[f], last[f]}' ./*.starts 2>/dev/null)`,
  section('ends'),
  `(cd ${paths.logsFolder} 2>/dev/null && awk '{last[FILENAME]=$0} END {for (f in last) print f, last[f]}' ./*.ends 2>/dev/null)`,
  section('addresses'),
  // Local addresses that each running container sees in its own network namespace (proc(5), fib_trie).
  'tries=; inodes=; for pid in $pids; do tries="$tries /proc/$pid/net/fib_trie"; inodes="$inodes /proc/$pid/ns/net"; done',
  `awk '/32 host LOCAL/ {print FILENAME, before} {before = $2}' /proc/net/fib_trie $tries 2>/dev/null | sort -u`,
  section('namespaces'),
  `awk '$3 == "nsfs" {print $2}' /proc/mounts`,
  section('inodes'),
  'stat -Lc "%i %n" /run/netns/* $inodes 2>/dev/null',
  section('roots'),
  // The upper layer of an overlay that is mounted stays so when its snapshot is removed; the folder does not.
  `sed -n 's,.* ${bundlesFolder}/\\([^/]*\\)/rootfs overlay .*upperdir=\\([^ ,]*\\).*,\\1 \\2,p' /proc/mounts | while read -r id folder; do [ -d "$folder" ] || echo "$id"; done`,
  section('configs'),
  changedConfigs,
  section('limits'),
  limitsInForce,
  section('devices'),
  devices,
  section('translation'),
  translation,
  section('leftovers'),
  leftoverFiles,
  section('names'),
  `(cd ${paths.hostsFolder} 2>/dev/null && md5sum ./* 2>/dev/null)`,
  section('secrets'),
  // Folders of secret files with how many are in each: built-ins of the shell alone.
  `for f in ${paths.mountedSecretsFolder}/* ${paths.secretsFolder}/*; do [ ! -d "$f" ] || (cd "$f" && set -- * && echo "\${f##*/} $#"); done 2>/dev/null`,
  section('images'),
  `[ -n "$failed" ] || ${render(listedImages.command)} 2>/dev/null`,
  section('volumes'),
  `(cd ${paths.volumesFolder} 2>/dev/null && for v in */*/; do [ -d "$v" ] && echo "$v"; done)`,
  section('networks'),
  `(cd ${paths.overlaysFolder} 2>/dev/null && grep -sH '' ./*)`,
  section('networks-wrong'),
  `[ -d ${paths.overlaysFolder} ] && ${paths.toolkit}/overlay status 2>&1`,
  section('proxy'),
  observeProxy,
  section('end'),
].join('\n');
