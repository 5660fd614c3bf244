import {type Door, Refusal, whenUnwelcome} from '../../coordinator/access/index.ts';
import type {Caller} from './caller.ts';

/** A stream that ends, with an error, when the key of its reader opens nothing any more. */
export async function* asLongAsWelcome<T>(
  {credential, signal}: Caller,
  door: Door,
  stream: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const unwelcome = new AbortController();
  const stopLooking = whenUnwelcome(credential, door, () => unwelcome.abort(keyEnded()));
  try {
    yield* stream(AbortSignal.any([signal, unwelcome.signal]));
  } catch (error) {
    throw unwelcome.signal.aborted ? unwelcome.signal.reason : error;
  } finally {
    stopLooking();
  }
  if (unwelcome.signal.aborted) throw unwelcome.signal.reason;
}

const keyEnded = () => new Refusal({status: 401, code: 'key-ended', detail: 'the API key ended'});
