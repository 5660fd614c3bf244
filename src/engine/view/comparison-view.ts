import type {Schemas} from '../client/api-client.ts';
import type {View} from './look.ts';
import {printable} from './printable.ts';
import {duration} from './quantities-view.ts';
import {table} from './tables.ts';

/** What counts as shown. */
const level = 0.05;

/** `workload compare`. */
export const comparisonView: View<Schemas['VersionComparison']> = {
  text({name, versions, tests}, look) {
    if (versions.length === 0) return `No workload called ${printable(name)} has ended.`;
    const rows = table(
      versions,
      [
        {title: 'VERSION', value: row => row.version ?? '(none)', shrinkTo: 8},
        {title: 'RUNS', value: row => String(row.succeeded + row.failed), align: 'right'},
        {title: 'SUCCEEDED', value: row => String(row.succeeded), align: 'right'},
        {title: 'RATE', value: row => rate(row), align: 'right'},
        {title: 'P50', value: row => (row.p50Ms === undefined ? '' : duration(row.p50Ms)), align: 'right'},
        {title: 'P95', value: row => (row.p95Ms === undefined ? '' : duration(row.p95Ms)), align: 'right'},
      ],
      look,
    );
    const [one, other] = versions.map(({version}) => printable(version ?? '(none)'));
    const said = tests && [
      '',
      `success: ${verdict(tests.success)} between ${one} and ${other} (Fisher's exact test)`,
      tests.duration === undefined
        ? 'time: less than eight successes of either: not tested'
        : `time: ${verdict(tests.duration)} between ${one} and ${other} (Mann–Whitney)`,
    ];
    return [rows, ...(said ?? [])].join('\n');
  },
};

const rate = ({succeeded, failed}: {readonly succeeded: number; readonly failed: number}): string =>
  `${((100 * succeeded) / (succeeded + failed)).toFixed(1)}%`;

const verdict = (p: number): string => {
  const value = p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
  return p < level ? `a difference is shown, ${value},` : `no difference is shown, ${value},`;
};
