import {expect, test} from 'vitest';
import type {EventRow} from '../../../src/engine/coordinator/store/store.ts';
import type {WorkloadState} from '../../../src/engine/coordinator/workload-states.ts';
import {checkHistory} from './harness/check-history.ts';
import type {ContainerEvent, RecordedHistory, StoredWorkload} from './harness/recorded-history.ts';

type Said = Omit<EventRow, 'seq' | 'at'>;

const elected = (coordinator: string, generation: number): Said => ({
  type: 'leader.elected',
  actor: {name: `coordinator:${coordinator}`},
  data: {generation},
});

const accepted = (workload: string): Said => ({
  type: 'workload.accepted',
  workload,
  actor: {name: 'key:ann'},
  data: {},
  to: 'PENDING',
});

const moved = (workload: string, from: WorkloadState, to: WorkloadState, attempt: number, by: string): Said => ({
  type: 'workload.state',
  workload,
  actor: {name: by},
  data: to === 'SCHEDULED' ? {worker: 'h1'} : {},
  from,
  to,
  attempt,
});

/** Placed by a coordinator, and run to its end on h1. */
const run = (workload: string, attempt = 1, coordinator = 'c1'): readonly Said[] => [
  moved(workload, 'PENDING', 'SCHEDULED', attempt, `coordinator:${coordinator}`),
  moved(workload, 'SCHEDULED', 'RUNNING', attempt, 'worker:h1'),
  moved(workload, 'RUNNING', 'SUCCEEDED', attempt, 'worker:h1'),
];

const ran = (workload: string, attempt = 1, host = 'h1'): readonly ContainerEvent[] => [
  {at: 1, host, workload, attempt, what: 'started'},
  {at: 2, host, workload, attempt, what: 'ended', exitCode: 0},
];

const stored = (id: string, seq: number, parts: Partial<StoredWorkload> = {}): StoredWorkload => ({
  id,
  seq,
  state: 'SUCCEEDED',
  customer: 'acme',
  line: 'acme',
  ...parts,
});

interface Parts extends Partial<Omit<RecordedHistory, 'events'>> {
  readonly events?: readonly Said[];
}

const history = ({events, ...parts}: Parts = {}): RecordedHistory => ({
  acknowledged: [{id: 'a'}, {id: 'b'}],
  workloads: [stored('a', 1), stored('b', 2)],
  containers: [...ran('a'), ...ran('b')],
  ...parts,
  events: (events ?? [elected('c1', 1), accepted('a'), accepted('b'), ...run('a'), ...run('b')]).map((said, index) => ({
    ...said,
    seq: index + 1,
    at: index,
  })),
});

const begin = [elected('c1', 1), accepted('a'), accepted('b')];
const [placed, begun, done] = run('b') as [Said, Said, Said];

const failing = [placed, begun, {...moved('b', 'RUNNING', 'RETRYING', 1, 'worker:h1'), data: {exitCode: 1}}];

test('a good history has nothing wrong', () => expect(checkHistory(history())).toEqual([]));

test.each<[string, Parts, readonly string[]]>([
  ['what was acknowledged is gone', {workloads: [stored('a', 1)]}, ['lost: b was acknowledged and is not there']],
  [
    'what was acknowledged never ends',
    {workloads: [stored('a', 1), stored('b', 2, {state: 'RUNNING'})]},
    ['unfinished: b is RUNNING in the end'],
  ],
  ['one is accepted twice', {events: [...begin, accepted('b'), ...run('a'), ...run('b')]}, ['accepted twice: b']],
  [
    'one key has two workloads',
    {workloads: [stored('a', 1, {idempotencyKey: 'k'}), stored('b', 2, {idempotencyKey: 'k'})]},
    ['two workloads of one idempotency key: acme k'],
  ],
  [
    'two have one number',
    {workloads: [stored('a', 1), stored('b', 1)]},
    ['two workloads of one place in the order: 1'],
  ],
  [
    'an event is missing',
    {events: [...begin, ...run('a'), placed, done]},
    ['broken chain: b went from RUNNING and was SCHEDULED'],
  ],
  [
    'a state follows that must not',
    {events: [...begin, ...run('a'), ...run('b'), moved('b', 'SUCCEEDED', 'PENDING', 1, 'key:ann')]},
    ['no transition: b SUCCEEDED → PENDING'],
  ],
  [
    'an attempt is begun twice',
    {
      events: [
        ...[...begin, ...run('a'), placed, moved('b', 'SCHEDULED', 'PENDING', 1, 'worker:h1')],
        ...run('b', 1).slice(0, 2),
        done,
      ],
    },
    ['attempts of b: 1 1', 'completed twice: attempt 1 of b'],
  ],
  [
    'an attempt is left out',
    {events: [...begin, ...run('a'), ...run('b', 2)], containers: [...ran('a'), ...ran('b', 2)]},
    ['attempts of b: 2'],
  ],
  [
    'one ends twice',
    {events: [...begin, ...run('a'), placed, begun, done, done]},
    ['broken chain: b went from RUNNING and was SUCCEEDED', 'completed twice: attempt 1 of b', 'succeeded twice: b'],
  ],
  [
    'a generation comes again',
    {events: [elected('c0', 1), ...begin, ...run('a'), ...run('b')]},
    ['generation 1 after 1'],
  ],
  [
    'a former leader decides',
    {events: [...begin, ...run('a'), elected('c2', 2), placed, begun, done]},
    ['not the leader: coordinator:c1 moved b to SCHEDULED while coordinator:c2 led'],
  ],
  [
    'the later one is started first',
    {events: [...begin, ...run('b'), ...run('a')]},
    ['order: b was started before one that was accepted earlier (acme)'],
  ],
  ['one runs twice', {containers: [...ran('a'), ...ran('b'), ...ran('b')]}, ['ran twice: b.1']],
  ['one runs where it is not', {containers: [...ran('a'), ...ran('b', 1, 'h2')]}, ['ran elsewhere: b.1 on h2']],
  [
    'one runs that nobody placed',
    {containers: [...ran('a'), ...ran('b'), ...ran('b', 2)]},
    ['ran without a place: b.2 on h1'],
  ],
  ['one succeeds that never ended', {containers: [...ran('a'), ran('b')[0]!]}, ['succeeded without an end: b.1']],
  ['one fails that never ended', {events: [...begin, ...run('a'), ...failing]}, ['failed without an end: b.1']],
  [
    'a leader takes away what is not lost',
    {events: [...begin, ...run('a'), placed, begun, moved('b', 'RUNNING', 'RETRYING', 1, 'coordinator:c1')]},
    ['taken away: b from RUNNING to RETRYING'],
  ],
  [
    'one does not wait for its host',
    {
      workloads: [stored('a', 1), stored('b', 2, {waits: true})],
      events: [
        ...[...begin, ...run('a'), placed, begun, moved('b', 'RUNNING', 'LOST', 1, 'coordinator:c1')],
        moved('b', 'LOST', 'RETRYING', 1, 'coordinator:c1'),
      ],
    },
    ['did not wait for its host: b'],
  ],
  ['something stays behind', {left: [{host: 'h2', workload: 'b', attempt: 1}]}, ['left on h2: b.1']],
])('it is found when %s', (_, parts, found) => {
  expect([...checkHistory(history(parts))].toSorted()).toEqual([...found].toSorted());
});
