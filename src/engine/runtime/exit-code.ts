import {type Command, script} from '../hosts/command.ts';
import type {ContainerId} from './container-spec.ts';
import {namespace} from './ctr.ts';

/**
 * A shell function: prints `ID CODE` of a task that has ended and is still there. containerd does not tell without
 * deleting the task; its shim does (tried on 1.6.20, 1.7.24 and 2.1.9; 0 is left out of the answer).
 */
export const exitCodeFunction = `exit_code() {
  timeout 5 ctr --namespace ${namespace} shim --id "$1" state 2>/dev/null |
    awk -v id="$1" '/"status": 3/ {ended = 1} /"exit_status"/ {code = $2 + 0} END {if (ended) print id, code + 0}'
}`;

/** The exit code of one container's task; see `parseExitCodes`. */
export const exitCodeOf = (id: ContainerId): Command => script(`${exitCodeFunction}; exit_code "$1"`, id);

/** By container, from lines `ID CODE`. */
export const parseExitCodes = (stdout: string): ReadonlyMap<ContainerId, number> =>
  new Map(
    stdout.split('\n').flatMap(line => {
      const [, id, code] = /^(\S+) (\d+)$/.exec(line) ?? [];
      return id === undefined ? [] : [[id, Number(code)] as const];
    }),
  );
