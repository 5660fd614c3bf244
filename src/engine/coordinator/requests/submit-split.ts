import {randomUUID} from 'node:crypto';
import {invalidRequest} from '../access/index.ts';
import {pickVariant} from '../comparing/pick-variant.ts';
import type {Accepted} from '../store/store.ts';
import type {Reception} from './reception.ts';
import {type Submitting, submitOne, type WrittenSubmission} from './submissions.ts';

/** A version of a workload, and how often it is taken in proportion to the others. */
export interface Variant {
  readonly submission: WrittenSubmission;
  readonly weight: number;
}

/**
 * Submits one of several versions of a workload: which, by a hash of its name and `key`, or of the idempotency key, or at
 * random. Errors: Refusal for variants of different names or of one version; those of `submitOne`.
 */
export async function submitSplit(
  reception: Reception,
  variants: readonly Variant[],
  submitting: Submitting & {readonly key?: string},
): Promise<Accepted & {readonly version?: string}> {
  const read = variants.map(({submission: {workload, sent}}, index) =>
    reception.reader.read(workload, ['variants', index, 'submission', 'workload'], sent?.image !== undefined),
  );
  const workloads = await Promise.all(read);
  const {name} = workloads[0]!;
  const wrong = workloads.flatMap((workload, index) => {
    const path = ['variants', index, 'submission', 'workload'];
    if (workload.name !== name) return [{code: 'conflict', detail: `is not called ${name}`, path: [...path, 'name']}];
    const first = workloads.findIndex(({version}) => version === workload.version);
    return first === index
      ? []
      : [{code: 'conflict', detail: 'is of a version that is there', path: [...path, 'version']}];
  });
  if (wrong.length > 0) throw invalidRequest(wrong);
  const key = submitting.key ?? submitting.idempotencyKey ?? randomUUID();
  const weights = variants.map(({weight}) => weight);
  const index = pickVariant(name, key, weights);
  const accepted = await submitOne(reception, variants[index]!.submission, submitting, [
    'variants',
    index,
    'submission',
  ]);
  const {version} = workloads[index]!;
  return {...accepted, ...(version !== undefined && {version})};
}
