import {randomUUID} from 'node:crypto';
import {pickVariant} from '../comparing/pick-variant.ts';
import type {Accepted} from '../store/store.ts';
import {readVariants, type Variant, variantPath} from './read-variants.ts';
import type {Reception} from './reception.ts';
import {type Submitting, submitOne} from './submissions.ts';

/**
 * Submits one of several versions of a workload: which, by a hash of its name and `key`, or of the idempotency key, or at
 * random. Errors: Refusal for variants of different names or of one version; those of `submitOne`.
 */
export async function submitSplit(
  reception: Reception,
  variants: readonly Variant[],
  submitting: Submitting & {readonly key?: string},
): Promise<Accepted & {readonly version?: string}> {
  const workloads = await readVariants(reception, variants);
  const key = submitting.key ?? submitting.idempotencyKey ?? randomUUID();
  const weights = variants.map(({weight}) => weight);
  const index = pickVariant(workloads[0]!.name, key, weights);
  const accepted = await submitOne(reception, variants[index]!.submission, submitting, variantPath(index));
  const {version} = workloads[index]!;
  return {...accepted, ...(version !== undefined && {version})};
}
