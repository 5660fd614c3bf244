import {expect, onTestFinished, test} from 'vitest';
import {prometheusMeasures} from '../../../src/engine/telemetry/metrics/index.ts';
import {serveMetrics} from '../../../src/engine/telemetry/metrics/serve-metrics.ts';

const measures = () => prometheusMeasures({version: '1.2.3', most: 2, told: new Set(['niyanta_worker_attempts'])});

test('what a process has figures of is answered at /metrics, and nothing else anywhere', async () => {
  const of = measures();
  const served = await serveMetrics(of, {host: '127.0.0.1', port: 0});
  onTestFinished(() => served.close());
  of.set('niyanta_worker_attempts', {}, 3);
  of.set('niyanta_leader', {}, 1);
  const answer = await fetch(`${served.address}/metrics`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, of.contentType]);
  const text = await answer.text();
  expect(text).toMatch(/^niyanta_worker_attempts 3$/m);
  expect(text).not.toContain('niyanta_leader');
  expect((await fetch(`${served.address}/`)).status).toBe(404);
  expect((await fetch(`${served.address}/metrics`, {method: 'POST'})).status).toBe(405);
});

test('an address that is taken is told', async () => {
  const served = await serveMetrics(measures(), {host: '127.0.0.1', port: 0});
  onTestFinished(() => served.close());
  const port = Number(new URL(served.address).port);
  await expect(serveMetrics(measures(), {host: '127.0.0.1', port})).rejects.toMatchObject({code: 'cannot-listen'});
});
