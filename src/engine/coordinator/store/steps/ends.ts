/** What is asked about a time: who ended then. Ends come in order of time, so both are written at their right edge. */
const up = `
create index workloads_by_end on workloads (ended_at) where ended_at is not null;
create index attempts_by_end on attempts (ended_at) where ended_at is not null;`;
const step = {
  name: 'workloads and attempts by their end',
  up,
  down: 'drop index workloads_by_end; drop index attempts_by_end;',
};

export const endsStep = {sqlite: step, postgres: step};
