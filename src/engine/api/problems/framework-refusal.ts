import {Refusal} from '../../coordinator/access/index.ts';
import {NiyantaError} from '../../spec/errors.ts';

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

/** Fastify refuses requests in more ways than are worth words of our own; its messages are about the request alone. */
export function knownRefusal(error: unknown): unknown {
  if (error instanceof Refusal || error instanceof NiyantaError) return error;
  const {
    code = '',
    statusCode = 500,
    message = '',
  } = (error ?? {}) as Partial<Error & {code: string; statusCode: number}>;
  const known = FRAMEWORK[code];
  if (known) return new Refusal({status: known[0], code: known[1], detail: known[2]});
  const its = code.startsWith('FST_') && statusCode >= 400 && statusCode < 500;
  return its ? new Refusal({status: statusCode, code: 'invalid-request', detail: message}) : error;
}
