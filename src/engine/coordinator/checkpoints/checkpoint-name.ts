import type {AttemptRow} from '../store/store.ts';

/** What a checkpoint is called at the object storage: by its attempt, and a part that nobody can guess. */
export const checkpointName = ({workload, attempt}: Pick<AttemptRow, 'workload' | 'attempt'>, own: string): string =>
  `${workload}.${attempt}.${own}.tar.zst`;

/** Whether it is one of this attempt, in the place where all of them are. */
export const isNameOf = ({workload, attempt}: Pick<AttemptRow, 'workload' | 'attempt'>, name: string): boolean =>
  name.startsWith(`${workload}.${attempt}.`) && /^[A-Za-z0-9.-]+\.tar\.zst$/.test(name);
