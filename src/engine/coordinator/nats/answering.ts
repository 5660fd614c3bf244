import type {Msg} from '@nats-io/transport-node';
import type {z} from 'zod';
import {NiyantaError, OutsideError, UserError} from '../../spec/errors.ts';
import type {HostName} from '../../spec/stack.ts';
import type {Broker} from './broker.ts';
import {outcomeOf, read, version} from './messages.ts';
import {inboxOf} from './subjects.ts';

/** Answers a request with a value, or with what an error says. */
export async function answer(message: Msg, work: () => Promise<unknown>): Promise<void> {
  try {
    const value = await work();
    message.respond(JSON.stringify({v: version, value: value ?? null}));
  } catch (error) {
    message.respond(JSON.stringify({v: version, error: wireError(error)}));
  }
}

/**
 * Whether the answer would go to the worker that asked. The broker checks what a worker says, not where it wants the answer
 * to: a coordinator would speak for it elsewhere, with rights that the worker does not have.
 */
export const comesHome = ({reply}: Pick<Msg, 'reply'>, worker: HostName): boolean =>
  reply?.startsWith(`${inboxOf(worker)}.`) ?? false;

/** Asks, and throws what the other side threw. Errors: its own; OutsideError `broker-unavailable`, `not-answered`. */
export async function ask<T>(
  broker: Broker,
  {subject, body, value, timeoutMs}: {subject: string; body: object; value: z.ZodType<T>; timeoutMs: number},
): Promise<T> {
  const message = await broker.request(subject, JSON.stringify({v: version, ...body}), timeoutMs).catch(error => {
    throw error instanceof NiyantaError ? error : notAnswered(subject, error);
  });
  const got = read(outcomeOf(value) as z.ZodType<Outcome<T>>, message.data);
  if (got === undefined) throw notAnswered(subject, new Error('the answer is not understood'));
  if ('value' in got) return got.value;
  const {who, code, message: text, hint, transient} = got.error;
  throw who === 'user'
    ? new UserError({code, message: text, hint})
    : new OutsideError({code, message: text, hint, transient});
}

type Outcome<T> = {readonly value: T} | {readonly error: WireError};
type WireError = {
  readonly who: 'user' | 'outside';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly transient: boolean;
};

function wireError(error: unknown): WireError {
  const outside = error instanceof OutsideError;
  if (!(error instanceof NiyantaError))
    return {who: 'outside', code: 'failed', message: String(error).slice(0, 2000), transient: true};
  const {code, message, hint} = error;
  return {
    who: error instanceof UserError ? 'user' : 'outside',
    code,
    message: message.slice(0, 20_000),
    ...(hint !== undefined && {hint}),
    transient: outside && error.transient,
  };
}

const notAnswered = (subject: string, cause: unknown): OutsideError =>
  new OutsideError({
    code: 'not-answered',
    message: `nobody answers at ${subject}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'It is tried again.',
    transient: true,
    cause,
  });
