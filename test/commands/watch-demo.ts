// Shows ps --watch over two results; terminal.test.ts watches it as a person would.
import process from 'node:process';
import {Interruption} from '../../src/cli/interruption.ts';
import {lookOf} from '../../src/cli/look.ts';
import type {ReplicaRow, ShownReplicas} from '../../src/engine/show-replicas.ts';
import {watchPs} from '../../src/engine/view/ps-screen.ts';

const row: ReplicaRow = {
  service: 'backend',
  replica: 1,
  host: 'h1',
  state: 'running',
  health: 'starting',
  restarts: 0,
  image: 'shop/backend:1.4',
  address: '10.89.1.4',
  ports: [],
};
const first: ShownReplicas = {
  stack: 'shop',
  environment: 'default',
  state: 'pending',
  why: 'starting',
  replicas: [row],
  unreachable: [],
};
const then: ShownReplicas = {
  ...first,
  state: 'running',
  why: '',
  replicas: [{...row, state: 'running', health: 'healthy'}],
};

async function* results(): AsyncGenerator<ShownReplicas> {
  yield first;
  await new Promise(resolve => setTimeout(resolve, 500));
  yield then;
  if (process.argv.includes('--fail')) throw new Error('h1 is gone');
  await new Promise(resolve => setTimeout(resolve, 60_000));
}

try {
  await watchPs(results(), {
    look: () => lookOf(process.stdout, process.env, false, new Date()),
    signal: Interruption.shared().signal,
    stdout: process.stdout,
    stdin: process.stdin,
  });
} catch (error) {
  process.stderr.write(`failed: ${(error as Error).message}\n`);
  process.exit(1);
}
process.exit(0);
