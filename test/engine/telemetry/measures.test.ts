import {expect, test} from 'vitest';
import {prometheusMeasures} from '../../../src/engine/telemetry/metrics/index.ts';

const measures = () => prometheusMeasures({version: '1.2.3', most: 2});

test('customers and codes beyond the first ones count together', async () => {
  const of = measures();
  for (const customer of ['a', 'b', 'c', 'd', 'a']) of.add('niyanta_submissions_total', {customer});
  const text = await of.text();
  expect(text).toContain('niyanta_submissions_total{customer="a"} 2');
  expect(text).toContain('niyanta_submissions_total{customer="b"} 1');
  expect(text).toContain('niyanta_submissions_total{customer="other"} 2');
  expect(text).not.toContain('customer="c"');
});

test('what is replaced is gone, and what has the same labels adds up', async () => {
  const of = measures();
  of.replace('niyanta_worker_workloads', [{labels: {host: 'h1'}, value: 1}]);
  of.replace('niyanta_worker_workloads', [
    {labels: {host: 'h2'}, value: 2},
    {labels: {host: 'h2'}, value: 3},
  ]);
  const text = await of.text();
  expect(text).toContain('niyanta_worker_workloads{host="h2"} 5');
  expect(text).not.toContain('host="h1"');
});

test('a figure that cannot be found out takes none of the others away', async () => {
  const of = measures();
  of.onRead(() => Promise.reject(new Error('the database is away')));
  of.onRead(() => {
    throw new Error('this one, too');
  });
  const stop = of.onRead(() => of.set('niyanta_leader', {}, 1));
  expect(await of.text()).toContain('niyanta_leader 1');
  stop();
  of.set('niyanta_leader', {}, 0);
  expect(await of.text()).toContain('niyanta_leader 0');
  expect(await of.text()).toContain(`niyanta_build_info{version="1.2.3",node="${process.version}"} 1`);
});
