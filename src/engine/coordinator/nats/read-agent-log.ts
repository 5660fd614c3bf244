import {z} from 'zod';
import {OutsideError} from '../../spec/errors.ts';
import type {HostName} from '../../spec/stack.ts';
import type {WorkloadRow} from '../store/store.ts';
import type {AttemptLogLine} from '../types/workload-type.ts';
import {ask} from './answering.ts';
import type {Broker} from './broker.ts';
import {logLines} from './messages.ts';
import {doOf} from './subjects.ts';

const answerMs = 15_000;

/** What an attempt prints, read from its worker some lines at a time: whoever reads slowly is waited for. */
export async function* readAgentLog(
  broker: Broker,
  worker: HostName,
  {id: workload, attempt}: Pick<WorkloadRow, 'id' | 'attempt'>,
  {follow, after, signal}: {readonly follow: boolean; readonly after?: string; readonly signal: AbortSignal},
): AsyncGenerator<AttemptLogLine> {
  const subject = doOf(worker);
  const order = <T>(body: object, value: z.ZodType<T>) =>
    ask(broker, {subject, body, value, timeoutMs: answerMs}).catch(away(worker));
  const opening = {kind: 'open-log', workload, attempt, follow, ...(after !== undefined && {after})};
  const {id} = await order(opening, z.object({id: z.string().max(40)}));
  try {
    for (let over = false; !over && !signal.aborted; ) {
      const answer = await order({kind: 'read-log', id}, logLines);
      yield* answer.lines;
      over = answer.over;
    }
  } finally {
    await order({kind: 'close-log', id}, z.null()).catch(() => undefined);
  }
}

/** To whoever reads logs a worker that does not answer is a host that is away. */
const away = (worker: HostName) => (error: unknown) => {
  const silent =
    error instanceof OutsideError && (error.code === 'not-answered' || error.code === 'broker-unavailable');
  if (!silent) throw error;
  throw new OutsideError({
    code: 'connection-lost',
    message: `worker ${worker} does not answer: ${error.message}`,
    host: worker,
    transient: true,
    cause: error,
  });
};
