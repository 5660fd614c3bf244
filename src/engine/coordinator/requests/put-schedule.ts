import {randomUUID} from 'node:crypto';
import type {ScheduleRule, Workload} from '../../spec/workload.ts';
import {actorOf, invalidRequest} from '../access/index.ts';
import type {ScheduleRow} from '../store/store.ts';
import {readVariants, type Variant, variantPath} from './read-variants.ts';
import type {Reception} from './reception.ts';
import {storedInputs} from './stored-inputs.ts';
import {refuseBeyond, type Submitting, type WrittenSubmission} from './submissions.ts';

type By = Pick<Submitting, 'who' | 'requestId' | 'owner'>;
type Path = readonly (string | number)[];

/** Submits a workload at the times that it says; replaces the customer's schedule of the same name. Errors: as `submitOne`. */
export async function putSchedule(reception: Reception, written: WrittenSubmission, by: By): Promise<ScheduleRow> {
  const workload = await reception.reader.read(written.workload, ['workload'], written.sent?.image !== undefined);
  const rule = ruleOf(workload, []);
  const inputs = await inputsOf(reception, workload, written, by, []);
  const {store} = reception.coordinator;
  const schedule = {id: randomUUID(), customer: by.owner.id, workload, rule, inputs};
  return store.putSchedule(schedule, actorOf(by.who, by.requestId));
}

/**
 * Submits one of several versions of a workload at the times that all of them say, by weight: which one follows from the
 * time. Errors: as `submitSplit`; Refusal for versions with different times.
 */
export async function putSplitSchedule(
  reception: Reception,
  variants: readonly Variant[],
  by: By,
): Promise<ScheduleRow> {
  const workloads = await readVariants(reception, variants);
  const rules = workloads.map((workload, index) => ruleOf(workload, variantPath(index)));
  const wrong = rules.flatMap((rule, index) => {
    const detail = 'is not that of the first version';
    const path = [...variantPath(index), 'workload', 'schedule'];
    return JSON.stringify(rule) === JSON.stringify(rules[0]) ? [] : [{code: 'conflict', detail, path}];
  });
  if (wrong.length > 0) throw invalidRequest(wrong);
  const versions = await Promise.all(
    variants.map(async ({submission, weight}, index) => {
      const workload = workloads[index]!;
      return {workload, weight, inputs: await inputsOf(reception, workload, submission, by, variantPath(index))};
    }),
  );
  const {workload, inputs} = versions[0]!;
  const schedule = {id: randomUUID(), customer: by.owner.id, workload, rule: rules[0]!, inputs, versions};
  return reception.coordinator.store.putSchedule(schedule, actorOf(by.who, by.requestId));
}

/** Of a workload that may be submitted: its input files are in the store when this resolves. */
function inputsOf(
  {coordinator}: Reception,
  workload: Workload,
  {inputs, sent = {}}: WrittenSubmission,
  {who, owner}: By,
  path: Path,
): Promise<Record<string, string>> {
  coordinator.check(workload, [...path, 'workload']);
  refuseBeyond(who, workload, [...path, 'workload']);
  return storedInputs({inputs, sent}, {workload, customer: owner.id, store: coordinator.store, path});
}

function ruleOf({schedule}: Workload, path: Path): ScheduleRule {
  if (schedule !== undefined) return schedule;
  throw invalidRequest([{code: 'missing', detail: 'is required and missing', path: [...path, 'workload', 'schedule']}]);
}
