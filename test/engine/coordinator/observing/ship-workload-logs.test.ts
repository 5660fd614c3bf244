import {expect, onTestFinished, test} from 'vitest';
import type {Coordinator} from '../../../../src/engine/coordinator/coordinator.ts';
import {silentLog} from '../../../../src/engine/coordinator/log.ts';
import {shipWorkloadLogs} from '../../../../src/engine/coordinator/observing/ship-workload-logs.ts';
import type {EventRow, WorkloadRow} from '../../../../src/engine/coordinator/store/store.ts';
import type {LogRecord} from '../../../../src/engine/telemetry/logs/log-record.ts';
import {workloadNamed} from '../store/samples.ts';

/** What of a coordinator is asked, over workloads that print one line for each attempt and end when the test says so. */
function printing(leading: boolean) {
  const listeners = new Set<(event: EventRow) => void>();
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const asked: string[] = [];
  const row = (id: string): WorkloadRow =>
    ({id, customer: 'acme', workload: workloadNamed('job'), worker: 'h1', request: 'r1', attempt: 1}) as WorkloadRow;
  const on = {
    leading,
    running: [] as string[],
    asked,
    tell: (event: Partial<EventRow>) => {
      for (const listener of listeners) listener({seq: 1, at: 1, actor: {name: 'x'}, data: {}, type: 't', ...event});
    },
    end: (id: string) => ends.get(id)?.resolve(),
    coordinator: {
      id: 'here',
      leads: () => on.leading,
      subscribe(listener: (event: EventRow) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      store: {
        workload: async (_: unknown, id: string) => row(id),
        workloads: async () => ({items: on.running.map(row)}),
      },
      async logs(_: unknown, id: string, {attempt = 0, follow}: {attempt?: number; follow: boolean}) {
        asked.push(`${id}.${attempt}${follow ? ' followed' : ''}`);
        return (async function* () {
          yield {id: '7', at: '2026-11-21T10:00:00.000001Z', stream: 'stderr', text: `of ${id}`, attempt};
          const end = Promise.withResolvers<void>();
          ends.set(id, end);
          if (follow) await end.promise;
        })();
      },
    } as unknown as Coordinator,
  };
  const taken: LogRecord[] = [];
  const stop = shipWorkloadLogs({coordinator: on.coordinator, take: record => taken.push(record), log: silentLog});
  onTestFinished(async () => {
    for (const {resolve} of ends.values()) resolve();
    await stop();
  });
  return {on, taken};
}

test('what runs is followed once, with who it is of and an id of its own', async () => {
  const {on, taken} = printing(true);
  for (let times = 0; times < 2; times++) on.tell({workload: 'w1', attempt: 1, from: 'STARTING', to: 'RUNNING'});
  on.tell({workload: 'w1', attempt: 1, from: 'RUNNING', to: 'CHECKPOINTING'});
  on.tell({workload: 'w1', attempt: 1, from: 'CHECKPOINTING', to: 'RUNNING'});
  await expect.poll(() => taken).toHaveLength(1);
  expect(on.asked).toEqual(['w1.1 followed']);
  expect(taken[0]).toMatchObject({
    at: '2026-11-21T10:00:00.000001Z',
    source: 'workload',
    message: 'of w1',
    fields: {workload: 'w1', name: 'job', customer: 'acme', attempt: 1, stream: 'stderr', host: 'h1', requestId: 'r1'},
  });
  expect(taken[0]!.id).toMatch(/^[0-9a-f]{32}$/);
});

test('who does not lead sends nothing; who begins to lead takes over what runs', async () => {
  const {on, taken} = printing(false);
  on.running.push('w1', 'w2');
  on.tell({workload: 'w1', attempt: 1, from: 'STARTING', to: 'RUNNING'});
  expect(on.asked).toEqual([]);
  on.leading = true;
  on.tell({type: 'leader.elected', actor: {name: 'coordinator:another'}});
  on.tell({type: 'leader.elected', actor: {name: 'coordinator:here'}});
  await expect.poll(() => taken.map(({message}) => message).sort()).toEqual(['of w1', 'of w2']);
  expect(on.asked).toEqual(['w1.1 followed', 'w2.1 followed']);
});

test('beyond a hundred at once, lines are sent when an attempt has ended', async () => {
  const {on, taken} = printing(true);
  for (let count = 0; count < 101; count++)
    on.tell({workload: `w${count}`, attempt: 1, from: 'STARTING', to: 'RUNNING'});
  await expect.poll(() => taken).toHaveLength(100);
  on.tell({workload: 'w100', attempt: 1, from: 'RUNNING', to: 'SUCCEEDED'});
  on.tell({workload: 'w0', attempt: 1, from: 'RUNNING', to: 'SUCCEEDED'});
  await expect.poll(() => taken).toHaveLength(101);
  expect(on.asked.filter(each => !each.endsWith('followed'))).toEqual(['w100.1']);
});
