// Runs the real progress display over recorded events; progress.test.ts starts it with and without a terminal.
import process from 'node:process';
import {lookOf} from '../../src/cli/look.ts';
import {showProgress} from '../../src/cli/progress.ts';
import type {ApplyEvent} from '../../src/engine/executor/events.ts';
import type {Operation} from '../../src/engine/planner/plan.ts';

const at = '2026-01-01T00:00:00Z';
const operation = (id: string, service?: string) =>
  ({id, service, kind: 'names', action: 'update', host: 'h1', reason: '', changes: [], after: []}) as Operation;
const operations = [operation('host/h1'), operation('image/h1', 'backend'), operation('container/1', 'backend')];
const events: ApplyEvent[] = [
  {type: 'started', at, operations: 3},
  {type: 'operation-started', at, operation: 'host/h1', title: 'prepare h1'},
  {type: 'operation-finished', at, operation: 'host/h1', outcome: 'done', durationMs: 1200},
  {type: 'operation-started', at, operation: 'image/h1', title: 'send backend to h1'},
  {type: 'operation-progress', at, operation: 'image/h1', message: 'sending', done: 1_048_576, total: 4_194_304},
  {type: 'operation-finished', at, operation: 'image/h1', outcome: 'done', durationMs: 300},
  {type: 'operation-started', at, operation: 'container/1', title: 'start backend 1 on h1'},
  {
    type: 'operation-finished',
    at,
    operation: 'container/1',
    outcome: 'failed',
    durationMs: 10,
    message: 'exited at once with code 3',
    log: ['cannot open \u001b[31mconfig'],
  },
  {type: 'result', at, outcome: 'failed', serial: 2, operations: []},
];

const progress = await showProgress({
  operations,
  json: process.argv.includes('--json'),
  interactive: Boolean(process.stderr.isTTY),
  look: lookOf(process.stderr, process.env, false, new Date(at)),
});
for (const event of events) {
  progress.onEvent(event);
  // Listr draws on a timer of 100 ms; a pause lets each state be drawn.
  await new Promise(resolve => setTimeout(resolve, process.stderr.isTTY ? 150 : 0));
}
await progress.end();
process.stdout.write('result\n');
