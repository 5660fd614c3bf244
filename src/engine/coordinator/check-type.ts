import {UserError, UserErrors} from '../spec/errors.ts';
import {plainMessage} from '../spec/plain-words.ts';
import {type Path, pathText} from '../spec/tree.ts';
import type {Workload} from '../spec/workload.ts';
import type {WorkloadType} from './types/workload-type.ts';

/** Whether somebody here can run it; `at` is where it stands in a body. Errors: UserError `unknown-type`; UserErrors, for what the type does not take. */
export function checkType(workload: Workload, at: Path, types: ReadonlyMap<string, WorkloadType>): void {
  const type = types.get(workload.type);
  if (type === undefined) {
    const message = `${workload.name}: there is no workload type ${workload.type}`;
    throw new UserError({code: 'unknown-type', message, hint: `Types: ${[...types.keys()].join(', ')}.`});
  }
  // What runs in a container was checked with the file.
  if (workload.type === 'container') return;
  const {error} = type.config.safeParse(workload.with, {error: plainMessage, reportInput: true});
  if (error === undefined) return;
  throw new UserErrors(
    error.issues.map(({path, message}) => {
      const place = pathText([...at, 'with', ...(path as Path)]);
      const parts = {code: 'invalid-value', message: `${message}, as the type ${workload.type} takes it`};
      return new UserError({...parts, location: {file: 'body', line: 1, column: 1, path: place}});
    }),
  );
}
