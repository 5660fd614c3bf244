import {Metadata, ServerInterceptingCall, type ServerInterceptor, status} from '@grpc/grpc-js';
import {
  actorOf,
  credentialOf,
  type Gate,
  type Identity,
  type Knock,
  limitHeaders,
  namedCertificate,
  type Permission,
  Refusal,
} from '../../coordinator/access/index.ts';
import {requestIdOf} from '../../coordinator/requests/request-id.ts';
import type {Caller} from './caller.ts';
import {checkRequest} from './check-request.ts';
import {Unreadable} from './guarded-service.ts';
import type {EndedCall, ObserveCall, ObservedCall} from './observed-calls.ts';
import type {CallError} from './status-of.ts';

export interface AdmissionParts {
  readonly gate: Gate;
  /** Of the call at a path; undefined: open to everybody. */
  readonly permissionOf: (path: string) => Permission | undefined;
  readonly statusOf: (error: unknown, requestId: string) => CallError;
  /** Who was let in, by the metadata that the handler gets. */
  readonly callers: WeakMap<Metadata, Caller>;
  /** Aborted when the server stops. */
  readonly stopping: AbortSignal;
  readonly observe: ObserveCall;
  /** What is ours belongs in the log with all that is known. */
  readonly failed: (error: unknown, requestId: string) => void;
}

/** Before each call, and before any of its messages is read: who calls, whether they may, and whether they call too often. */
export function admission(parts: AdmissionParts): ServerInterceptor {
  return (method, next) => {
    const permission = parts.permissionOf(method.path);
    return permission === undefined
      ? new ServerInterceptingCall(next)
      : admittedCall(parts, method.path, permission, next);
  };
}

function admittedCall(
  {gate, statusOf, callers, stopping, observe, failed}: AdmissionParts,
  path: string,
  permission: Permission,
  next: ConstructorParameters<typeof ServerInterceptingCall>[0],
): ServerInterceptingCall {
  const began = performance.now();
  const gone = new AbortController();
  let requestId = '';
  let who: Identity | undefined;
  let observed: ObservedCall | undefined;
  let code: string | undefined;

  const stop = () => gone.abort(stopped());
  const end = (how: EndedCall['status']) => {
    stopping.removeEventListener('abort', stop);
    observed?.ended({status: how, ms: performance.now() - began, who, code});
    observed = undefined;
  };
  const refuse = (error: unknown) => {
    const answer = statusOf(error, requestId);
    if (answer.ours) failed(error, requestId);
    code = answer.reason;
    call.sendStatus(answer);
  };
  const call = new ServerInterceptingCall(next, {
    start: begin =>
      begin({
        onReceiveMetadata(metadata, letIn) {
          requestId = requestIdOf(metadata.get('x-request-id')[0]);
          observed = observe({requestId, path, traceparent: metadata.get('traceparent')[0]?.toString()});
          const {trace} = observed;
          if (stopping.aborted) return refuse(stopped());
          stopping.addEventListener('abort', stop, {once: true});
          const first = new Metadata();
          first.set('x-request-id', requestId);
          admit(metadata, first).then(
            identity => {
              if (gone.signal.aborted) return;
              who = identity;
              const credential = credentialOf(shownBy(metadata));
              callers.set(metadata, {
                who,
                credential,
                requestId,
                ...(trace && {trace}),
                actor: actorOf(who, requestId),
                signal: gone.signal,
                refused: reason => {
                  code = reason;
                },
              });
              call.sendMetadata(first);
              letIn(metadata);
            },
            error => refuse(error),
          );
        },
        onReceiveMessage(message, pass) {
          try {
            if (message instanceof Unreadable) throw message.refusal;
            checkRequest(message);
          } catch (error) {
            gone.abort(error);
            return refuse(error);
          }
          pass(message);
        },
        onCancel() {
          // Comes after a call has ended well, too.
          end('CANCELLED');
          gone.abort(new Refusal({status: 499, code: 'aborted', detail: 'the caller went away'}));
        },
      }),
    sendStatus(sent, pass) {
      end((status[sent.code ?? status.UNKNOWN] ?? 'UNKNOWN') as EndedCall['status']);
      pass(sent);
    },
  });
  return call;

  function admit(metadata: Metadata, first: Metadata): Promise<Identity> {
    const address = next.getConnectionInfo().remoteAddress ?? '';
    return gate.admit({...shownBy(metadata), address, permission}, counted => {
      for (const [name, value] of Object.entries(limitHeaders(counted))) first.set(name.toLowerCase(), value);
    });
  }

  /** What the caller shows: a key or token, or the certificate of the connection. */
  function shownBy(metadata: Metadata): Pick<Knock, 'authorization' | 'certificate'> {
    const {sslPeerCertificate: peer} = next.getAuthContext();
    const certificate = peer && namedCertificate(peer);
    return {authorization: metadata.get('authorization')[0]?.toString(), ...(certificate && {certificate})};
  }
}

const stopped = () =>
  new Refusal({
    status: 503,
    code: 'stopping',
    detail: 'this coordinator stops',
    hint: 'Call again; another one may answer.',
    headers: {'Retry-After': '1'},
  });
