import type {Schemas} from '../client/api-client.ts';
import type {View} from './look.ts';
import {printable} from './printable.ts';
import {table} from './tables.ts';

/** `audit`, the newest last, as logs have it. */
export const auditView: View<{readonly items: readonly Schemas['Event'][]; readonly next?: string}> = {
  text: ({items, next}, look) =>
    items.length === 0
      ? 'No events.'
      : [
          ...(next === undefined ? [] : [look.style.dim(`earlier ones: --before ${printable(next)}`)]),
          table(
            items,
            [
              {title: 'TIME', value: row => row.at.replace('T', ' ').slice(0, 19)},
              {title: 'WHAT', value: whatOf},
              {title: 'WHO', value: row => row.actor.name, shrinkTo: 14},
              {title: 'CUSTOMER', value: row => row.customer ?? '', shrinkTo: 8, dropOrder: 2},
              {title: 'WORKLOAD', value: row => row.workload ?? '', dropOrder: 3},
              {title: 'DETAILS', value: detailsOf, shrinkTo: 12, dropOrder: 1},
            ],
            look,
          ),
        ].join('\n'),
  json: ({items, next}) => ({events: items, ...(next !== undefined && {next})}),
};

const whatOf = ({type, to}: Schemas['Event']): string =>
  type === 'workload.state' && to !== undefined ? `workload ${to}` : type;

const detailsOf = ({data}: Schemas['Event']): string =>
  Object.entries(data)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
