import {script} from '../hosts/command.ts';
import type {Connection} from '../hosts/connection.ts';
import {mustRun} from '../hosts/must-run.ts';
import {OutsideError} from '../spec/errors.ts';
import {observeScript} from './observe-script.ts';
import type {ReachableHost} from './observed.ts';
import {parseObservation} from './parse-observation.ts';

/** Looks at a host: what it is and what niyanta runs there. Errors: OutsideError `containerd-silent`, `observation-cut`. */
export async function observe(
  connection: Connection,
  {drained, signal}: {readonly drained: boolean; readonly signal?: AbortSignal},
): Promise<ReachableHost> {
  const {stdout} = await mustRun(connection, script(observeScript), {
    what: 'look at what runs',
    timeoutMs: 60_000,
    signal,
  });
  const seen = parseObservation(stdout);
  if (seen === undefined) {
    throw new OutsideError({
      code: 'observation-cut',
      message: `${connection.host}: the answer about what runs there was cut short`,
      hint: 'Run the same command again.',
      host: connection.host,
      transient: true,
    });
  }
  // Without containerd's answer nothing would seem to run, and everything would be started again, here or elsewhere.
  const expected = seen.facts.containerd?.running || seen.containers.length > 0;
  if (expected && seen.tasksFailed !== undefined) {
    throw new OutsideError({
      code: 'containerd-silent',
      message: `${connection.host}: containerd does not say what runs: ${seen.tasksFailed}`,
      hint: `Look at it there: journalctl -u containerd, or: niyanta doctor`,
      host: connection.host,
      transient: true,
    });
  }
  const {tasksFailed: _, ...host} = seen;
  return {host: connection.host, reachable: true, drained, ...host};
}
