import {STATUS_CODES} from 'node:http';
import {NiyantaError, OutsideError, UserError, UserErrors} from '../../spec/errors.ts';
import type {Problem} from '../schemas/problem.ts';
import {pointerOf, Refusal, type Wrong} from './refusal.ts';

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
  stopping: 503,
  'not-leading': 503,
};

/** What people are told of their own requests by framework and Node, by its code. */
const FRAMEWORK: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'wrong-media-type', 'the body must be application/json'],
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'body-too-large', 'the body is larger than is taken here'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'wrong-content-length', 'the body is not as long as Content-Length says'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'invalid-json', 'the body is empty'],
  FST_ERR_BAD_URL: [400, 'wrong-url', 'the path is not a valid one'],
  FST_ERR_ASYNC_CONSTRAINT: [400, 'wrong-url', 'the request cannot be routed'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'wrong-url', 'a part of the path is too long'],
  ECONNRESET: [400, 'aborted', 'the request was given up'],
};

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
  const refused = error instanceof NiyantaError ? undefined : frameworkRefusal(error);
  if (refused) return {problem: problem(refused, requestId), headers: {}, ours: false};
  return outsideProblem(error, requestId);
}

/** Fastify refuses requests in more ways than are worth words of our own; its messages are about the request alone. */
function frameworkRefusal(error: unknown): Parts | undefined {
  const {
    code = '',
    statusCode = 500,
    message = '',
  } = (error ?? {}) as Partial<Error & {code: string; statusCode: number}>;
  const known = FRAMEWORK[code];
  if (known) return {status: known[0], code: known[1], detail: known[2]};
  const its = code.startsWith('FST_') && statusCode >= 400 && statusCode < 500;
  return its ? {status: statusCode, code: 'invalid-request', detail: message} : undefined;
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
