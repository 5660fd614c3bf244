import {
  logVerbosity,
  type Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
} from '@grpc/grpc-js';
import {ReflectionService} from '@grpc/reflection';
import {permissions} from '../coordinator/access/index.ts';
import type {Log} from '../coordinator/log.ts';
import type {Reception} from '../coordinator/requests/reception.ts';
import {Bug, UserError} from '../spec/errors.ts';
import {noTracing, type Tracing} from '../telemetry/tracing/index.ts';
import {admission} from './calls/admission.ts';
import type {Caller} from './calls/caller.ts';
import {guardedService} from './calls/guarded-service.ts';
import {implementation} from './calls/implementation.ts';
import {type CallMeasures, observedCalls} from './calls/observed-calls.ts';
import {statusMaker} from './calls/status-of.ts';
import {type GrpcTls, TlsCredentials} from './credentials.ts';
import {defaultGrpcSettings, type GrpcSettings} from './grpc-settings.ts';
import {health} from './health.ts';
import {loadProtos} from './load-protos.ts';
import {schedulerMethods} from './methods/index.ts';
import {bringsFiles, operationOf} from './methods/operations.ts';

export interface GrpcWish {
  /** Of the REST API beside it: keys, limits and quotas hold over both. */
  readonly reception: Reception;
  readonly listen: {readonly host: string; readonly port: number};
  readonly log: Log;
  /** Those of the REST API. */
  readonly measures: CallMeasures;
  /** Where spans go; nowhere when absent. */
  readonly tracing?: Tracing;
  readonly settings?: Partial<GrpcSettings>;
  /** Absent: in clear. */
  readonly tls?: GrpcTls;
}

export interface RunningGrpc {
  /** `127.0.0.1:8461`. */
  readonly address: string;
  /** New connections get these from now on; nothing without TLS. */
  renewTls(tls: GrpcTls): void;
  /** Takes no new calls, ends streams with UNAVAILABLE, lets calls in flight end; cuts off what has not ended after so long. */
  stop(deadlineMs: number): Promise<void>;
}

const SERVICE = 'niyanta.v1.SchedulerService';
const HEALTH = 'grpc.health.v1.Health';

/** Serves SchedulerService, health and reflection. Errors: UserError `cannot-listen`. */
export async function startGrpc(wish: GrpcWish): Promise<RunningGrpc> {
  const {reception, listen, log, measures, tracing = noTracing, settings, tls} = wish;
  // What is wrong is told by our own log; the library would write on standard error.
  setLogVerbosity(logVerbosity.NONE);
  const all = {...defaultGrpcSettings, ...settings};
  const stopping = new AbortController();
  const {definition, published} = loadProtos();
  const service = definition[SERVICE] as ServiceDefinition;
  const permissionOf = permissionsOf(service);
  const statusOf = statusMaker(definition);
  const callers = new WeakMap<Metadata, Caller>();
  const failed = (error: unknown, requestId: string) => log.error({err: error, requestId}, 'a call failed');
  const server = new Server({
    'grpc.max_receive_message_length': all.messageLimit,
    'grpc.max_concurrent_streams': all.callsPerConnection,
    'grpc.keepalive_time_ms': all.keepAliveMs,
    'grpc.keepalive_timeout_ms': all.keepAliveTimeoutMs,
    'grpc.max_connection_idle_ms': all.idleMs,
    interceptors: [
      admission({
        gate: reception.gate,
        permissionOf,
        statusOf,
        callers,
        stopping: stopping.signal,
        observe: observedCalls({measures, tracing, log}),
        failed,
      }),
    ],
  });
  const limitOf = (method: string) => (bringsFiles(method) ? all.messageLimit : all.requestLimit);
  const methods = schedulerMethods(reception, log);
  server.addService(guardedService(service, limitOf), implementation(service, {methods, callers, statusOf, failed}));
  addHealthAndReflection();
  const credentials = tls && new TlsCredentials(tls);
  const address = await bind(server, listen, credentials ?? ServerCredentials.createInsecure());
  let stopped: Promise<void> | undefined;
  return {
    address,
    renewTls: renewed => credentials?.renew(renewed),
    stop: deadlineMs => {
      stopped ??= stop(deadlineMs);
      return stopped;
    },
  };

  function addHealthAndReflection(): void {
    const {healthWatchers: mostWatchers, requestLimit} = all;
    const ready = () => reception.coordinator.health().ready;
    // Anybody may ask these: a message that cannot be read counts as an empty one.
    const open = (asked: ServiceDefinition) =>
      guardedService(
        asked,
        () => requestLimit,
        () => ({service: '?'}),
      );
    const parts = {services: [SERVICE, HEALTH], ready, mostWatchers, stopping: stopping.signal};
    server.addService(open(definition[HEALTH] as ServiceDefinition), health(parts));
    const reflection = new ReflectionService(published);
    reflection.addToServer({
      addService: (asked: ServiceDefinition, answers: Parameters<Server['addService']>[1]) =>
        server.addService(open(asked), answers),
    } as Server);
  }

  function stop(deadlineMs: number): Promise<void> {
    stopping.abort();
    return new Promise(resolve => {
      const cut = setTimeout(() => server.forceShutdown(), deadlineMs);
      server.tryShutdown(() => {
        clearTimeout(cut);
        resolve();
      });
    });
  }
}

/** Every call has its line in the table of permissions; one without is a mistake that must not serve. */
function permissionsOf(service: ServiceDefinition) {
  const byPath = new Map(
    Object.entries(service).map(([name, {path}]) => {
      const permission = permissions[operationOf(name)];
      if (!permission) throw new Bug(`nobody says who may call ${name}`);
      return [path, permission];
    }),
  );
  return (path: string) => byPath.get(path);
}

function bind(server: Server, {host, port}: GrpcWish['listen'], credentials: ServerCredentials): Promise<string> {
  const name = host.includes(':') ? `[${host}]` : host;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${name}:${port}`, credentials, (cause, bound) => {
      if (!cause) return resolve(`${name}:${bound}`);
      const message = `cannot listen on ${name}:${port}: ${cause.message}`;
      reject(new UserError({code: 'cannot-listen', message, hint: 'Choose another address with --grpc.', cause}));
    });
  });
}
