/** Of which request and trace a workload is. */
const up = 'alter table workloads add column request text; alter table workloads add column traceparent text;';
const down = 'alter table workloads drop column request; alter table workloads drop column traceparent;';
const name = 'the request and trace that a workload came with';

export const originsStep = {sqlite: {name, up, down}, postgres: {name, up, down}};
