import {expect, test} from 'vitest';
import {silentMeasures} from '../../../src/engine/telemetry/metrics/index.ts';
import {noTracing, traceContextOf, traceparentOf} from '../../../src/engine/telemetry/tracing/index.ts';
import {otlpTracing} from '../../../src/engine/telemetry/tracing/otlp-tracing.ts';
import type {FinishedSpan, Tracing} from '../../../src/engine/telemetry/tracing/tracing.ts';
import {fakeOtlpReceiver} from './fake-otlp-receiver.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';

test.each([
  [`00-${trace}-${span}-01`, true],
  [`00-${trace}-${span}-00`, false],
  [`01-${trace}-${span}-01-what.comes.later`, true],
  [`00-${trace}-${span}-01-more`, undefined],
  [`ff-${trace}-${span}-01`, undefined],
  [`00-${'0'.repeat(32)}-${span}-01`, undefined],
  [`00-${trace}-${'0'.repeat(16)}-01`, undefined],
  [`00-${trace.toUpperCase()}-${span}-01`, undefined],
  ['', undefined],
  [undefined, undefined],
])('traceparent %s', (text, sampled) => {
  expect(traceContextOf(text)?.sampled).toBe(sampled);
});

test('what was read is written the same', () => {
  const text = `00-${trace}-${span}-01`;
  expect(traceparentOf(traceContextOf(text)!)).toBe(text);
});

test('without tracing a trace of others is passed on, and none begun', () => {
  expect(noTracing.begin(undefined)).toBeUndefined();
  expect(noTracing.begin(`00-${trace}-${span}-01`)).toMatchObject({traceId: trace, sampled: true});
  expect(noTracing.begin(`00-${trace}-${span}-01`)?.spanId).not.toBe(span);
});

const tracingTo = (url: string, ratio: number, headers = {}): Tracing =>
  otlpTracing({url, headers, ratio, everyMs: 20, version: '1', instance: 'test', measures: silentMeasures});

const spanOf = (tracing: Tracing, traceparent?: string): FinishedSpan => ({
  name: 'one',
  context: tracing.begin(traceparent)!,
  kind: 'internal',
  startMs: 1_700_000_000_000,
  endMs: 1_700_000_000_250,
  attributes: {a: 1},
});

test('spans are sent with their ids, times, attributes and what went wrong', async () => {
  const receiver = await fakeOtlpReceiver();
  const tracing = tracingTo(receiver.url, 0, {'x-test': 'yes'});
  const one = spanOf(tracing, `00-${trace}-${span}-01`);
  tracing.finished({...one, parent: span, error: 'it broke'});
  await tracing.close(5000);
  expect(receiver.spans).toMatchObject([
    {
      traceId: trace,
      spanId: one.context.spanId,
      parentSpanId: span,
      name: 'one',
      startTimeUnixNano: '1700000000000000000',
      endTimeUnixNano: '1700000000250000000',
      attributes: [{key: 'a', value: {intValue: 1}}],
      status: {code: 2, message: 'it broke'},
    },
  ]);
  expect([...receiver.services]).toEqual(['niyanta']);
  expect(receiver.headers).toEqual(['yes']);
});

test('the ratio decides on new traces, their caller on others', async () => {
  const receiver = await fakeOtlpReceiver();
  const [none, all] = [tracingTo(receiver.url, 0), tracingTo(receiver.url, 1)];
  expect([none.begin(undefined)!.sampled, all.begin(undefined)!.sampled]).toEqual([false, true]);
  expect(all.begin(`00-${trace}-${span}-00`)!.sampled).toBe(false);
  none.finished(spanOf(none));
  all.finished(spanOf(all, `00-${trace}-${span}-00`));
  all.finished(spanOf(all));
  await Promise.all([none.close(5000), all.close(5000)]);
  expect(receiver.spans).toHaveLength(1);
});

test('a collector that is not there harms nothing, and keeps nobody from ending', async () => {
  const tracing = tracingTo('http://127.0.0.1:9/v1/traces', 1);
  for (let count = 0; count < 20_000; count++) tracing.finished(spanOf(tracing));
  await tracing.close(100);
  tracing.finished(spanOf(tracing));
});
