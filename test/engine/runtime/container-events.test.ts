import {expect, test} from 'vitest';
import {parseContainerEvent, parseRecordedEvents} from '../../../src/engine/runtime/container-events.ts';

// As containerd 1.6.20 printed them.
const at = '2026-11-21 15:15:22.948292078 +0000 UTC';
test.each<[string, unknown]>([
  [
    `${at} niyanta /tasks/oom {"container_id":"hog-1"}`,
    {at: '2026-11-21T15:15:22.948Z', id: 'hog-1', what: 'out-of-memory'},
  ],
  [
    `${at} niyanta /tasks/exit {"container_id":"hog-1","id":"hog-1","pid":2173,"exit_status":137,"exited_at":"2026-11-21T15:15:22.9Z"}`,
    {at: '2026-11-21T15:15:22.948Z', id: 'hog-1', what: 'exited', code: 137},
  ],
  // An exit code of 0 is left out by protobuf.
  [
    `${at} niyanta /tasks/exit {"container_id":"a-1","id":"a-1","pid":1}`,
    {at: '2026-11-21T15:15:22.948Z', id: 'a-1', what: 'exited', code: 0},
  ],
  [
    `${at} niyanta /tasks/start {"container_id":"a-1","pid":1}`,
    {at: '2026-11-21T15:15:22.948Z', id: 'a-1', what: 'started'},
  ],
  [`${at} niyanta /containers/delete {"id":"a-1"}`, {at: '2026-11-21T15:15:22.948Z', id: 'a-1', what: 'removed'}],
  ['an exec of it', undefined],
  [`${at} niyanta /tasks/exit {"container_id":"a-1","id":"exec-7","pid":1,"exit_status":1}`, undefined],
  [`${at} moby /tasks/exit {"container_id":"a-1","id":"a-1"}`, undefined],
  [`${at} niyanta /snapshot/prepare {"key":"a-1"}`, undefined],
  [`${at} niyanta /tasks/exit {"container_id":`, undefined],
  ['', undefined],
])('%s', (line, event) => {
  expect(parseContainerEvent(line)).toEqual(event);
});

test('what hosts have on record, from a moment on, in order of time', () => {
  const printed =
    './a-1.starts 1700000000\n./a-1.starts 1700000020\n./a-1.ends 1700000010 137 1\n./b-1.ends 1700000012 - 0\nnoise\n';
  expect(parseRecordedEvents(printed, '2023-11-14T22:13:25.500Z')).toEqual([
    {at: '2023-11-14T22:13:30.000Z', id: 'a-1', what: 'exited', code: 137, oomKills: 1},
    {at: '2023-11-14T22:13:32.000Z', id: 'b-1', what: 'exited', oomKills: 0},
    {at: '2023-11-14T22:13:40.000Z', id: 'a-1', what: 'started'},
  ]);
});
