import {quote} from '../../hosts/command.ts';
import {runtime} from '../paths.ts';
import {addressesFolder} from './attempt-paths.ts';

/**
 * Workloads have a network of their own on each host, apart from the environments' 10.89.0.0/16: 64 bridges with 1 021
 * addresses each, since a bridge of Linux has no more than 1 023 ports.
 */
const bridges = 64;
const each = 1021;

/** Bridges are called so and a number: with the `ny` that environments' rules refuse, and unlike any of theirs. */
export const bridgePrefix = 'nyw';

/**
 * Lines that give a container the next free address and set `$address`, `$bridge`, `$subnet`, `$gateway`, `$mac` and `$link`,
 * the name of its end on the host. Not one process: this stands in every start. Addresses go round, so that none is used again while something may still talk to its former owner.
 */
export const addressLines = (id: string): readonly string[] => [
  `n=; { read -r n <${addressesFolder}/.next; } 2>/dev/null || :`,
  'n=${n:-0} tried=0',
  'while :; do',
  `  [ "$n" -lt ${bridges * each} ] || n=0`,
  `  b=$((n / ${each})) x=$((n / ${each} * 1024 + n % ${each} + 2)) n=$((n + 1))`,
  '  address=10.90.$((x / 256)).$((x % 256))',
  // Who makes the file has the address; a file that is there is not written over (noclobber).
  '  set -C',
  `  if { echo ${quote(id)} >${addressesFolder}/$address; } 2>/dev/null; then set +C; break; fi`,
  '  set +C',
  `  tried=$((tried + 1)); [ $tried -lt ${bridges * each} ] || { echo "no address is left for workloads" >&2; exit 1; }`,
  'done',
  `echo $n >${addressesFolder}/.next`,
  `bridge=${bridgePrefix}$b subnet=10.90.$((b * 4)).0/22 gateway=10.90.$((b * 4)).1`,
  // The digits of the address's last two numbers, as they are: 10.90.7.45 has 02:6e:5a:00:70:45.
  'd=$((1000000 + x / 256 * 1000 + x % 256)); d=${d#1}',
  'd1=${d%????} d3=${d#????} d2=${d#??}; d2=${d2%??}',
  'mac=02:6e:5a:$d1:$d2:$d3 link=ne5a$d1$d2$d3',
];

const rules = `*filter
:NIYANTA-WORKLOADS - [0:0]
-A NIYANTA-WORKLOADS -o ${bridgePrefix}+ -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A NIYANTA-WORKLOADS -o ${bridgePrefix}+ -m conntrack --ctstate DNAT -j ACCEPT
-A NIYANTA-WORKLOADS -o ${bridgePrefix}+ -j DROP
-A NIYANTA-WORKLOADS -i ${bridgePrefix}+ -m conntrack --ctstate DNAT -j ACCEPT
-A NIYANTA-WORKLOADS -i ${bridgePrefix}+ -o ny+ -j DROP
-A NIYANTA-WORKLOADS -i ${bridgePrefix}+ -o nv+ -j DROP
-A NIYANTA-WORKLOADS -i ${bridgePrefix}+ -j ACCEPT
COMMIT
`;

/** On tmpfs: a host that was started again has no rules, and is given them before the first job. */
const guardedPath = `${runtime}/workloads-guarded`;

/**
 * Lines that keep others out of workloads' networks but for published ports, and workloads out of environments' networks.
 * `anew`: even where they were set since the host was started, since someone may have flushed the firewall.
 */
export const guardLines = (anew = false): readonly string[] => [
  `if ${anew ? ':' : `[ ! -e ${guardedPath} ]`}; then`,
  `  mkdir -p ${runtime}`,
  '  (',
  '    flock 6',
  // Restoring a chain that is named empties it, and fills it in the same step.
  `    printf %s ${quote(rules)} | iptables-restore --wait --noflush`,
  '    iptables -w -C FORWARD -j NIYANTA-WORKLOADS 2>/dev/null || iptables -w -I FORWARD 1 -j NIYANTA-WORKLOADS',
  `    : >${guardedPath}`,
  `  ) 6>>${runtime}/workloads.lock`,
  'fi',
];
