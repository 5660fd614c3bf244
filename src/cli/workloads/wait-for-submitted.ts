import type {ApiClient} from '../../engine/client/api-client.ts';
import type {Submitted} from '../../engine/client/submit-workloads.ts';
import {UserError} from '../../engine/spec/errors.ts';
import {Exit} from '../../engine/spec/exit-codes.ts';
import {printableJson} from '../../engine/view/printable.ts';
import {exitOfWorkloads, timesAsText} from '../../engine/view/workload-view.ts';
import {tell, writeLine} from '../output.ts';
import {followServer} from './follow-server.ts';
import {followWorkloads} from './follow-workloads.ts';
import {type Telling, tellWorkloads} from './tell-workloads.ts';

interface Waiting {
  readonly signal: AbortSignal;
  readonly telling: Omit<Telling, 'names'>;
}

/** Follows what was submitted to its end and returns the exit code. Ctrl-C ends the waiting alone. */
export async function waitForSubmitted(client: ApiClient, submitted: Submitted, waiting: Waiting): Promise<number> {
  const {signal, telling} = waiting;
  const {workloads, schedules} = submitted;
  if (!telling.json) for (const {id, name} of workloads) tell(`${name}  ${id}`);
  for (const {name} of schedules) tell(`${name} has a schedule: it is not waited for`);
  const ids = workloads.map(({id}) => id);
  try {
    const ended = await followWorkloads(followServer(client, ids, signal), {
      ...tellWorkloads({...telling, names: workloads.map(({name}) => name)}),
      interrupt: {
        signal,
        async cancel() {
          throw leftAlone(ids);
        },
      },
    });
    if (telling.json) {
      await writeLine(process.stdout, printableJson({type: 'result', workloads: ended.map(timesAsText)}));
    }
    return exitOfWorkloads(ended);
  } catch (error) {
    if (error instanceof UserError && error.code === 'left-alone') tell(error.message);
    else throw error;
    return Exit.interrupted;
  }
}

const leftAlone = (ids: readonly string[]): UserError =>
  new UserError({
    code: 'left-alone',
    message: `they go on at the coordinator; niyanta workload cancel ${ids.join(' ')} ends them`,
  });
