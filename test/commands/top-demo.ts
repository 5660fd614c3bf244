// Shows top over two rounds; terminal.test.ts uses it as a person would.
import process from 'node:process';
import {Interruption} from '../../src/cli/interruption.ts';
import {lookOf} from '../../src/cli/look.ts';
import type {Figures, ReplicaFigures} from '../../src/engine/figures.ts';
import {showTop} from '../../src/engine/view/top-screen.ts';

const row = (service: string, replica: number, cpu: number): ReplicaFigures => ({
  service,
  replica,
  host: 'h1',
  container: `${service}-${replica}`,
  state: 'running',
  restarts: 0,
  cpu,
  memory: 64 << 20,
  oomKills: 0,
});
const first: Figures = {
  stack: 'shop',
  environment: 'default',
  at: '2026-01-31T12:00:00.000Z',
  replicas: [row('backend', 1, 0.1), row('backend', 2, 0.9), row('db', 1, 0.3)],
  unreachable: [],
};

async function* rounds(): AsyncGenerator<Figures> {
  yield first;
  await new Promise(resolve => setTimeout(resolve, 300));
  yield {...first, at: '2026-01-31T12:00:02.000Z', unreachable: ['h2']};
  if (process.argv.includes('--fail')) throw new Error('h1 is gone');
  await new Promise(resolve => setTimeout(resolve, 60_000));
}

try {
  await showTop({
    source: {rounds: rounds(), lastLines: async ({service, replica}) => [`words of ${service} ${replica}`]},
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
