import type {Schemas} from '../client/api-client.ts';
import type {Look, View} from './look.ts';
import {bytes, counted} from './quantities-view.ts';
import {type Column, table} from './tables.ts';
import {statePaint} from './workload-view.ts';
import {age} from './workloads-view.ts';

type Row = Schemas['WorkloadFigures'];

/** `workload top`. */
export const workloadFiguresView: View<{readonly items: readonly Row[]}> = {
  text({items}, look) {
    const cpu = items.reduce((sum, row) => sum + (row.cpu ?? 0), 0);
    const memory = items.reduce((sum, row) => sum + (row.memory ?? 0), 0);
    const hosts = new Set(items.flatMap(({worker}) => worker ?? [])).size;
    const head = `${counted(items.length, 'workload')} on ${counted(hosts, 'host')}: ${cpu.toFixed(2)} cores, ${bytes(memory)}`;
    if (items.length === 0) return 'Nothing runs.';
    return [look.style.bold(head), '', table(items, columns(look), look)].join('\n');
  },
  json: ({items}) => ({workloads: items}),
};

const columns = (look: Look): readonly Column<Row>[] => [
  {title: 'NAME', value: row => (row.version === undefined ? row.name : `${row.name} ${row.version}`), shrinkTo: 8},
  {title: 'HOST', value: row => row.worker ?? '', shrinkTo: 6},
  {title: 'STATE', value: row => row.state, paint: row => statePaint(row.state, look), dropOrder: 2},
  {title: 'CPU', value: row => percent(row.cpu), align: 'right'},
  {title: 'MEMORY', value: memoryText, align: 'right'},
  {title: 'DONE', value: row => (row.progress === undefined ? '' : `${Math.floor(row.progress)}%`), align: 'right'},
  {title: 'TIME', value: row => (row.startedAt === undefined ? '' : age(row.startedAt, look)), align: 'right'},
  {title: 'CUSTOMER', value: row => row.customer, shrinkTo: 6, dropOrder: 1},
  {title: 'ID', value: row => row.id, dropOrder: 3},
];

const percent = (cores: number | undefined): string => (cores === undefined ? '' : `${Math.round(cores * 100)}%`);

function memoryText({memory, memoryLimit}: Row): string {
  if (memory === undefined) return '';
  return memoryLimit === undefined ? bytes(memory) : `${bytes(memory)} of ${bytes(memoryLimit)}`;
}
