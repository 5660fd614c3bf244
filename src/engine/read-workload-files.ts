import {readFile} from 'node:fs/promises';
import {displayName, readInputs, type StackChoice} from './open-project.ts';
import {kindsOf, loadWorkloads, type PlacedWorkload} from './spec/index.ts';

/** Which files, with which parameters. */
export interface WorkloadChoice extends Pick<StackChoice, 'cwd' | 'env' | 'files' | 'params' | 'stdin'> {}

/** The workloads of the files that were named, in their order. Errors: UserError, UserErrors with all that is wrong. */
export async function readWorkloadFiles(choice: WorkloadChoice): Promise<readonly PlacedWorkload[]> {
  const {inputs} = await readInputs(choice.files ?? [], choice);
  return loadWorkloads({
    inputs,
    params: choice.params ?? {},
    env: choice.env,
    read: path => readFile(path),
    nameOf: path => displayName(path, choice.cwd),
  });
}

/** Whether the files that were named hold workloads, and nothing else. */
export async function hasWorkloads(choice: WorkloadChoice): Promise<boolean> {
  if (!choice.files?.length) return false;
  const {inputs} = await readInputs(choice.files, choice);
  const kinds = inputs.flatMap(kindsOf);
  return kinds.length > 0 && kinds.every(kind => kind === 'Workload');
}

/** Standard input can be read once, but who looks what is in it reads it anew. */
export async function withStdinKept<T extends WorkloadChoice>(choice: T): Promise<T> {
  if (!choice.files?.includes('-') || !choice.stdin) return choice;
  const text = await choice.stdin();
  return {...choice, stdin: async () => text};
}
