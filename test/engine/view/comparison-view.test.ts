import {expect, test} from 'vitest';
import {comparisonView} from '../../../src/engine/view/comparison-view.ts';
import {plainStyle} from '../../../src/engine/view/look.ts';

const look = {style: plainStyle, columns: 80, now: new Date(0)};
const versions = [
  {version: 'v1', succeeded: 90, failed: 10, p50Ms: 1500, p95Ms: 4000},
  {version: 'v2', succeeded: 3, failed: 7, p50Ms: 900, p95Ms: 900},
];

test('what is shown, and what is not', () => {
  const text = comparisonView.text({name: 'report', versions, tests: {success: 0.0001}}, look).split('\n');
  expect(text.map(line => line.trimEnd())).toEqual([
    'VERSION  RUNS  SUCCEEDED   RATE    P50    P95',
    'v1        100         90  90.0%   1.5s     4s',
    'v2         10          3  30.0%  900ms  900ms',
    '',
    "success: a difference is shown, p < 0.001, between v1 and v2 (Fisher's exact test)",
    'time: less than eight successes of either: not tested',
  ]);
  const other = comparisonView.text({name: 'report', versions, tests: {success: 0.31, duration: 0.049}}, look);
  expect(other).toContain('success: no difference is shown, p = 0.310, between v1 and v2');
  expect(other).toContain('time: a difference is shown, p = 0.049, between v1 and v2 (Mann–Whitney)');
  expect(comparisonView.text({name: 'report', versions: []}, look)).toBe('No workload called report has ended.');
});
