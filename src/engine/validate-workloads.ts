import {readWorkloadFiles, type WorkloadChoice} from './read-workload-files.ts';

/** What was found right. */
export interface WorkloadsValidation {
  readonly workloads: readonly {readonly name: string; readonly version?: string; readonly type: string}[];
}

/** Reads workloads as `run` and `submit` do; no project is needed. Errors: UserErrors with everything that is wrong. */
export async function validateWorkloads(choice: WorkloadChoice): Promise<WorkloadsValidation> {
  const placed = await readWorkloadFiles(choice);
  return {
    workloads: placed.map(({workload: {name, version, type}}) => ({
      name,
      ...(version !== undefined && {version}),
      type,
    })),
  };
}
