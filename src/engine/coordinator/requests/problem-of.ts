import {STATUS_CODES} from 'node:http';
import {OutsideError, UserError, UserErrors} from '../../spec/errors.ts';
import {pointerOf, Refusal, type Wrong} from '../access/index.ts';

/** What codes of niyanta's errors are over HTTP, where they are not what their class says. */
const STATUS: Readonly<Record<string, number>> = {
  'idempotency-conflict': 422,
  'unknown-workload': 422,
  'unknown-customer': 422,
  'not-possible': 409,
  'no-checkpoint': 409,
  'quota-pending': 429,
  'wrong-cursor': 400,
  'invalid-cursor': 400,
  'unknown-type': 422,
  'file-missing': 422,
  'unknown-checkpoint': 422,
  'wrong-content': 422,
  'image-corrupt': 422,
  'files-full': 422,
  'bundle-invalid': 422,
  'bundle-too-large': 413,
  'unknown-bundle': 422,
  'unknown-host': 422,
  'another-environment': 422,
  'changed-meanwhile': 412,
  'not-yours': 409,
  'not-applied': 409,
  'no-release': 409,
  'nothing-to-roll-back': 409,
  'unknown-serial': 422,
  'serial-too-old': 422,
  stopping: 503,
  'not-leading': 503,
};

/** RFC 9457: the one shape of every error. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  /** Of HTTP. */
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  readonly requestId: string;
  readonly errors?: readonly ProblemPart[];
}

export interface ProblemPart {
  readonly detail: string;
  readonly code: string;
  /** JSON Pointer (RFC 6901) into the body, as a URI fragment. */
  readonly pointer?: string;
  readonly parameter?: string;
}

export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
  /** It is ours or of something behind us: it belongs in the log with all that is known. */
  readonly ours: boolean;
}

/** Any error as an answer. What is not the client's own doing is not told to the client, but for its code. */
export function problemOf(error: unknown, requestId: string): ProblemAnswer {
  if (error instanceof Refusal) {
    const {status, code, message, hint, wrong, headers} = error;
    return {problem: problem({status, code, detail: message, hint, wrong}, requestId), headers, ours: status >= 500};
  }
  if (error instanceof UserErrors) {
    const wrong = error.errors.map(wrongOf);
    const detail = error.errors.map(({message, location}) => `${location?.path ?? ''} ${message}`.trim()).join('; ');
    return {problem: problem({status: 400, code: error.code, detail, wrong}, requestId), headers: {}, ours: false};
  }
  if (error instanceof UserError) return userProblem(error, requestId);
  return outsideProblem(error, requestId);
}

function userProblem(error: UserError, requestId: string): ProblemAnswer {
  const {code, message: detail, hint} = error;
  const status = STATUS[code] ?? 400;
  const headers: Record<string, string> = status === 429 || status === 503 ? {'Retry-After': '1'} : {};
  return {problem: problem({status, code, detail, hint}, requestId), headers, ours: false};
}

function outsideProblem(error: unknown, requestId: string): ProblemAnswer {
  if (!(error instanceof OutsideError)) {
    const detail = 'something went wrong here; the log has it under the id of the request';
    return {problem: problem({status: 500, code: 'internal', detail}, requestId), headers: {}, ours: true};
  }
  const status = STATUS[error.code] ?? (error.transient ? 503 : 502);
  const detail =
    status < 500 ? error.message : 'something that the coordinator needs did not answer as it should; try again';
  const headers: Record<string, string> = status === 503 ? {'Retry-After': '1'} : {};
  return {problem: problem({status, code: error.code, detail}, requestId), headers, ours: status >= 500};
}

interface Parts {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint?: string;
  readonly wrong?: readonly Wrong[];
}

const problem = ({status, code, detail, hint, wrong}: Parts, requestId: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail: cut(detail),
  code,
  hint,
  requestId,
  errors: wrong?.map(each => ({
    detail: cut(each.detail),
    code: each.code,
    pointer: each.path && pointerOf(each.path),
    parameter: each.parameter,
  })),
});

/** Messages say what was written; nobody sends that back at full length. */
const cut = (text: string): string => (text.length > 4000 ? `${text.slice(0, 3999)}…` : text);

const wrongOf = ({code, message, location}: UserError): Wrong => ({
  detail: message,
  code,
  path: location?.path === undefined ? [] : partsOf(location.path),
});

/** The parts of a dotted path (spec's `pathText`), in which keys that would be ambiguous are quoted. */
function partsOf(path: string): readonly string[] {
  const parts = path.matchAll(/"(?:[^"\\]|\\.)*"|[^.]+/g);
  return [...parts].map(([part]) => (part.startsWith('"') ? (JSON.parse(part) as string) : part));
}
