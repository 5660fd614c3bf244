import {once} from 'node:events';
import type {
  Metadata,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type {Caller, Methods} from './caller.ts';
import type {CallError} from './status-of.ts';

export interface ImplementationParts {
  readonly methods: Methods;
  readonly callers: WeakMap<Metadata, Caller>;
  readonly statusOf: (error: unknown, requestId: string) => CallError;
  readonly failed: (error: unknown, requestId: string) => void;
}

type AnyMethod = (request: unknown, caller: Caller) => unknown;

/** What grpc-js calls, for each rpc of a service: promises and iterables from one side, callbacks and streams to the other. */
export function implementation(
  service: ServiceDefinition,
  {methods, callers, statusOf, failed}: ImplementationParts,
): UntypedServiceImplementation {
  const answers = (error: unknown, {requestId, refused}: Caller): CallError => {
    const answer = statusOf(error, requestId);
    if (answer.ours) failed(error, requestId);
    refused(answer.reason);
    return answer;
  };

  const one = (method: AnyMethod) => async (call: ServerUnaryCall<unknown, object>, answer: sendUnaryData<object>) => {
    const caller = callers.get(call.metadata)!;
    try {
      answer(null, (await method(call.request, caller)) as object);
    } catch (error) {
      answer(answers(error, caller));
    }
  };

  const collecting =
    (method: AnyMethod) => async (call: ServerReadableStream<unknown, object>, answer: sendUnaryData<object>) => {
      const caller = callers.get(call.metadata)!;
      // Nothing more comes of a client that went away, and nothing more is wanted of one that was refused.
      const close = () => call.destroy(caller.signal.reason);
      caller.signal.addEventListener('abort', close, {once: true});
      call.on('error', () => undefined);
      try {
        answer(null, (await method(call, caller)) as object);
      } catch (error) {
        answer(answers(caller.signal.aborted ? caller.signal.reason : error, caller));
      }
    };

  const streaming = (method: AnyMethod) => async (call: ServerWritableStream<unknown, object>) => {
    const caller = callers.get(call.metadata)!;
    const {signal} = caller;
    try {
      for await (const message of method(call.request, caller) as AsyncIterable<object>) {
        if (signal.aborted) break;
        // At the reader's pace.
        if (!call.write(message)) await once(call, 'drain', {signal});
      }
      if (signal.aborted) throw signal.reason;
      call.end();
    } catch (error) {
      call.emit('error', answers(signal.aborted ? signal.reason : error, caller));
    }
  };

  return Object.fromEntries(
    Object.entries(service).map(([name, {requestStream, responseStream}]) => {
      const method = methods[name as keyof Methods] as AnyMethod;
      return [name, responseStream ? streaming(method) : requestStream ? collecting(method) : one(method)];
    }),
  );
}
