import {Metadata, status} from '@grpc/grpc-js';
import type {MessageTypeDefinition, PackageDefinition} from '@grpc/proto-loader';
import {type Problem, type ProblemPart, problemOf} from '../../coordinator/requests/problem-of.ts';

/** What codes of niyanta's errors are in gRPC, where their HTTP status does not say it all. */
const BY_CODE: Readonly<Record<string, status>> = {
  'idempotency-conflict': status.ALREADY_EXISTS,
  'unknown-workload': status.FAILED_PRECONDITION,
  'unknown-customer': status.FAILED_PRECONDITION,
  'unknown-checkpoint': status.FAILED_PRECONDITION,
  'unknown-bundle': status.FAILED_PRECONDITION,
  'unknown-host': status.FAILED_PRECONDITION,
  'unknown-serial': status.FAILED_PRECONDITION,
  'serial-too-old': status.FAILED_PRECONDITION,
  'file-missing': status.FAILED_PRECONDITION,
  'no-replicas': status.FAILED_PRECONDITION,
  'stale-plan': status.ABORTED,
  'checkpoint-corrupt': status.DATA_LOSS,
};

const BY_HTTP: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.FAILED_PRECONDITION,
  412: status.ABORTED,
  413: status.RESOURCE_EXHAUSTED,
  422: status.INVALID_ARGUMENT,
  499: status.CANCELLED,
  429: status.RESOURCE_EXHAUSTED,
  501: status.UNIMPLEMENTED,
  502: status.UNAVAILABLE,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

export interface CallError {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
  /** It is ours or of something behind us: it belongs in the log with all that is known. */
  readonly ours: boolean;
  /** Of niyanta's error. */
  readonly reason: string;
}

/** Makes statuses of errors, with google.rpc's details in `grpc-status-details-bin`. */
export function statusMaker(definition: PackageDefinition) {
  const typed = (name: string) => definition[name] as MessageTypeDefinition<object, object>;
  const packed = (name: string, message: object) => ({
    type_url: `type.googleapis.com/${name}`,
    value: typed(name).serialize(message),
  });

  return (error: unknown, requestId: string): CallError => {
    const {problem, headers, ours} = problemOf(error, requestId);
    const code = codeOf(problem);
    const retryMs = headers['Retry-After'] === undefined ? undefined : Number(headers['Retry-After']) * 1000;
    const details = [
      packed('google.rpc.ErrorInfo', {
        reason: problem.code,
        domain: 'niyanta',
        metadata: problem.hint === undefined ? {} : {hint: problem.hint},
      }),
      packed('google.rpc.RequestInfo', {requestId, servingData: ''}),
      ...(problem.errors?.length
        ? [packed('google.rpc.BadRequest', {fieldViolations: problem.errors.map(violationOf)})]
        : []),
      ...(retryMs === undefined
        ? []
        : [packed('google.rpc.RetryInfo', {retryDelay: {seconds: retryMs / 1000, nanos: 0}})]),
    ];
    const metadata = new Metadata();
    metadata.set('x-request-id', requestId);
    if (retryMs !== undefined) metadata.set('grpc-retry-pushback-ms', String(retryMs));
    const whole = {code, message: problem.detail, details};
    metadata.set('grpc-status-details-bin', typed('google.rpc.Status').serialize(whole));
    return {code, details: problem.detail, metadata, ours, reason: problem.code};
  };
}

export const codeOf = ({code, status: http}: Pick<Problem, 'code' | 'status'>): status =>
  (Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : BY_HTTP[http]) ?? status.INTERNAL;

const violationOf = ({pointer, parameter, detail, code}: ProblemPart) => ({
  field: parameter ?? fieldOf(pointer ?? '#'),
  description: detail,
  reason: code,
});

/** `#/workloads/3/workload/priority` as `workloads[3].workload.priority`. */
const fieldOf = (pointer: string): string =>
  pointer
    .slice(2)
    .split('/')
    .map(part => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '');
