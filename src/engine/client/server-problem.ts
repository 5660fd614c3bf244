import {type NiyantaError, OutsideError, UserError} from '../spec/errors.ts';
import type {components} from './api.d.ts';

type Problem = Partial<components['schemas']['Problem']>;

const HINTS: Readonly<Record<number, string>> = {
  401: 'Set NIYANTA_API_KEY to a key of this coordinator; the first `niyanta serve` printed one, `niyanta key add` makes more.',
  403: 'Use another key: niyanta key ls (of an admin) says which role and scopes each has.',
  413: 'Put large files into the image, a volume or object storage.',
};

/** An answer that is an error, as what it says: the user's to mend, or outside of what we do. */
export function serverProblem(response: Response, body: unknown): NiyantaError {
  const problem: Problem = typeof body === 'object' && body !== null ? body : {};
  const {status} = response;
  const code = problem.code ?? `http-${status}`;
  const hint = problem.hint ?? HINTS[status];
  const parts = {
    code,
    message: messageOf(problem) ?? `the server answered ${status}`,
    ...(hint !== undefined && {hint}),
    ...(problem.requestId !== undefined && {request: problem.requestId}),
  };
  return status < 500 && status !== 429 ? new UserError(parts) : new OutsideError({...parts, transient: true});
}

/** What is wrong with a request is told by its places. */
function messageOf({detail, errors}: Problem): string | undefined {
  if (!errors?.length) return detail;
  return errors.map(each => `${placeOf(each)}${each.detail}`).join('\n');
}

/** `#/workloads/1/workload/priority` → `workload 2: priority `. */
function placeOf({pointer, parameter}: {pointer?: string; parameter?: string}): string {
  const [, index, one, path = ''] = /^#(?:\/workloads\/(\d+))?(\/workload(?=\/|$))?\/?(.*)$/.exec(pointer ?? '') ?? [];
  const dotted = one === undefined && index === undefined ? path || (parameter ?? '') : path;
  const which = index === undefined ? '' : `workload ${Number(index) + 1}: `;
  return `${which}${dotted.replaceAll('/', '.')}${dotted === '' ? '' : ' '}`;
}
