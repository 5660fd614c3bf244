import type {Connection} from '../../hosts/connection.ts';
import {mustRun} from '../../hosts/must-run.ts';
import type {TaskEnd} from '../../runtime/exit-code.ts';
import {exitReason} from '../../runtime/exit-reason.ts';
import {contract} from '../../runtime/workloads/contract.ts';
import {keptEnds} from '../../runtime/workloads/kept-ends.ts';
import type {Attempt, AttemptEnd, FoundAttempt} from './workload-type.ts';

/** How far a host's clock may be behind the database's. */
const slackMs = 600_000;

/**
 * The end of an attempt of which its host knows no more: the database was put back from a backup, and what came out of it
 * went with the lost one. Undefined where another attempt has to be made: its exit code is not known, or it ended for a
 * checkpoint.
 */
export function keptEnd(
  {workload}: Pick<Attempt, 'workload'>,
  end: Pick<TaskEnd, 'code' | 'oomKills'> | undefined,
): AttemptEnd | undefined {
  if (end?.code === undefined || end.code === contract.checkpointedExit) return undefined;
  const {resources} = workload.workload;
  return {
    outcome: end.code === 0 ? 'succeeded' : 'failed',
    exitCode: end.code,
    reason: `${exitReason(end, resources.memory)}; its host says so, the database did not know: its log, result and output files are gone`,
    transient: false,
    outputs: {},
  };
}

/** Those of this owner that a host remembers from then on; by the database's clock. */
export async function endsKept(connection: Connection, since: number, owner: string): Promise<readonly FoundAttempt[]> {
  const probe = keptEnds(since - slackMs);
  const {stdout} = await mustRun(connection, probe.command, {what: 'look for ends of workloads'});
  return probe
    .parse(stdout)
    .flatMap(each =>
      each.owner === owner
        ? [{workload: each.workload, attempt: each.attempt, running: false, ended: 'kept' as const}]
        : [],
    );
}
