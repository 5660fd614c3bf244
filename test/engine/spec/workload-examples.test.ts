import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {readWorkloads} from './reading.ts';

const folder = join(import.meta.dirname, '../../../examples/workloads');

test.each(readdirSync(folder).filter(name => name.endsWith('.yaml') && name !== 'niyanta.yaml'))(
  'the example %s is right',
  async name => {
    const placed = await readWorkloads(readFileSync(join(folder, name), 'utf8'));
    expect(placed.length).toBeGreaterThan(0);
  },
);

test('the greeting takes whom it is told', async () => {
  const [hello] = await readWorkloads(readFileSync(join(folder, 'hello.yaml'), 'utf8'), {params: {who: 'you'}});
  expect(hello!.workload.container?.command?.at(-1)).toBe(
    'echo Hello, you. This is $(hostname), workload $NIYANTA_WORKLOAD_ID.',
  );
});
