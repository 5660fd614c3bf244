import {OutsideError, UserError, UserErrors} from '../../spec/errors.ts';
import type {Measures} from '../../telemetry/metrics/index.ts';
import type {Store} from '../store/store.ts';

/** The store with every verb timed, and what it was told of elections, ends of attempts and checkpoints counted. */
export function measuredStore(store: Store, measures: Measures): Store {
  const counting: Partial<Store> = countingVerbs(store, measures);
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = counting[name as keyof Store] ?? Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (untimed.has(String(name))) return member.bind(target);
      return async (...args: unknown[]) => {
        const began = performance.now();
        const tell = (outcome: string) =>
          measures.observe(
            'niyanta_store_operation_duration_seconds',
            {verb: String(name), outcome},
            (performance.now() - began) / 1000,
          );
        try {
          const answer = await member.apply(target, args);
          tell('ok');
          return answer;
        } catch (error) {
          tell(isRefusal(error) ? 'refused' : 'failed');
          throw error;
        }
      };
    },
  });
}

const untimed = new Set(['close', 'onHint']);

/** The database answered, and said no. */
const isRefusal = (error: unknown): boolean =>
  error instanceof UserError ||
  error instanceof UserErrors ||
  (error instanceof OutsideError && error.code === 'not-leading');

function countingVerbs(store: Store, measures: Measures) {
  const election = (outcome: string) => measures.add('niyanta_election_outcomes_total', {outcome});
  const ended = (outcome: string) => measures.add('niyanta_attempts_ended_total', {outcome});
  let generation: number | undefined;
  let stoodBy = false;
  return {
    async lead(candidate) {
      const leadership = await store.lead(candidate);
      if (leadership && leadership.generation !== generation) {
        election('won');
        generation = leadership.generation;
        measures.set('niyanta_leader_generation', {}, generation);
      }
      // Every poll of a standby is lost; one that was not standing by before counts.
      if (!leadership && !stoodBy) election('lost');
      stoodBy = leadership === undefined;
      if (stoodBy) generation = undefined;
      return leadership;
    },
    async resign(leadership) {
      await store.resign(leadership);
      election('resigned');
    },
    async place(leadership, placements) {
      const placed = await store.place(leadership, placements);
      measures.add('niyanta_placements_total', {}, placed.length);
      return placed;
    },
    async change(leadership, changes) {
      const done = new Set(await store.change(leadership, changes));
      for (const {workload, outcome} of changes) if (outcome && done.has(workload)) ended(outcome);
      return [...done];
    },
    async report(reports) {
      const answers = await store.report(reports);
      reports.forEach(({outcome}, index) => {
        if (outcome && answers[index] === 'counted') ended(outcome);
      });
      return answers;
    },
    async addCheckpoint(checkpoint, keep) {
      const answer = await store.addCheckpoint(checkpoint, keep);
      const outcome = answer.outcome === 'counted' ? 'kept' : 'fenced';
      measures.add('niyanta_checkpoints_total', {why: checkpoint.why, outcome});
      if (outcome === 'kept') measures.observe('niyanta_checkpoint_size_bytes', {}, checkpoint.size);
      return answer;
    },
    async endChange(leadership, id, number, outcome) {
      const ended = await store.endChange(leadership, id, number, outcome);
      const change = ended ? await store.changeOf('everyone', id, number) : undefined;
      if (change?.startedAt !== undefined && change.endedAt !== undefined) {
        const labels = {kind: change.kind, outcome: outcome.result};
        const seconds = (change.endedAt - change.startedAt) / 1000;
        measures.observe('niyanta_deployment_duration_seconds', labels, Math.max(0, seconds));
      }
      return ended;
    },
    async markCorrupt(id, number, reason) {
      await store.markCorrupt(id, number, reason);
      measures.add('niyanta_checkpoints_total', {why: 'restore', outcome: 'corrupt'});
    },
  } satisfies Partial<Store>;
}
