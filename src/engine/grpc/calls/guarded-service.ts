import type {ServiceDefinition} from '@grpc/grpc-js';
import {Refusal} from '../../coordinator/access/index.ts';

/** In place of a message that could not be read: the refusal to answer with. */
export class Unreadable {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    this.refusal = refusal;
  }
}

/** A service whose messages may be anything: what cannot be read becomes `unreadable`, where grpc-js would fail (INTERNAL). */
export function guardedService(
  service: ServiceDefinition,
  limitOf: (method: string) => number,
  unreadable: (refusal: Refusal) => unknown = refusal => new Unreadable(refusal),
): ServiceDefinition {
  const guarded = Object.entries(service).map(([name, method]) => {
    const limit = limitOf(name);
    const requestDeserialize = (bytes: Buffer) => {
      if (bytes.length > limit) return unreadable(tooLarge(limit));
      try {
        return method.requestDeserialize(bytes);
      } catch {
        return unreadable(malformed());
      }
    };
    return [name, {...method, requestDeserialize}];
  });
  return Object.fromEntries(guarded);
}

const tooLarge = (limit: number) =>
  new Refusal({status: 413, code: 'body-too-large', detail: `the message is larger than ${limit} bytes`});

const malformed = () =>
  new Refusal({
    status: 400,
    code: 'invalid-message',
    detail: 'the message is not one of this call, by its .proto file',
  });
