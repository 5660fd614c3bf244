import type {Workload} from '../../spec/workload.ts';
import {invalidRequest} from '../access/index.ts';
import type {Reception} from './reception.ts';
import type {WrittenSubmission} from './submissions.ts';

/** A version of a workload, and how often it is taken in proportion to the others. */
export interface Variant {
  readonly submission: WrittenSubmission;
  readonly weight: number;
}

/** Where a variant stands in a body. */
export const variantPath = (index: number) => ['variants', index, 'submission'] as const;

/** What they say, in their order. Errors: Refusal, where they are not versions of one workload; those of reading them. */
export async function readVariants(
  {reader}: Pick<Reception, 'reader'>,
  variants: readonly Variant[],
): Promise<readonly Workload[]> {
  const workloads = await Promise.all(
    variants.map(({submission: {workload, sent}}, index) =>
      reader.read(workload, [...variantPath(index), 'workload'], sent?.image !== undefined),
    ),
  );
  const {name} = workloads[0]!;
  const wrong = workloads.flatMap((workload, index) => {
    const path = [...variantPath(index), 'workload'];
    if (workload.name !== name) return [{code: 'conflict', detail: `is not called ${name}`, path: [...path, 'name']}];
    const first = workloads.findIndex(({version}) => version === workload.version);
    const detail = 'is of a version that is there';
    return first === index ? [] : [{code: 'conflict', detail, path: [...path, 'version']}];
  });
  if (wrong.length > 0) throw invalidRequest(wrong);
  return workloads;
}
