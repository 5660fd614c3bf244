import {
  Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

export interface HealthParts {
  /** Full names; the server as a whole is the empty one. */
  readonly services: readonly string[];
  /** Whether requests should be sent here. */
  readonly ready: () => boolean;
  readonly mostWatchers: number;
  readonly stopping: AbortSignal;
}

interface Asked {
  readonly service: string;
}

type Serving = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
type Watching = ServerWritableStream<Asked, {status: Serving}>;

const LOOK_MS = 500;

/** grpc.health.v1.Health. Whether it is ready is looked at twice a second while somebody watches. */
export function health({services, ready, mostWatchers, stopping}: HealthParts): UntypedServiceImplementation {
  const watchers = new Map<Watching, Serving>();
  let looking: NodeJS.Timeout | undefined;

  const known = (service: string) => service === '' || services.includes(service);
  const now = (): Serving => (ready() && !stopping.aborted ? 'SERVING' : 'NOT_SERVING');

  const leave = (call: Watching) => {
    watchers.delete(call);
    if (watchers.size > 0) return;
    clearInterval(looking);
    looking = undefined;
  };

  const look = () => {
    for (const [call, told] of watchers) {
      const serving = known(call.request.service) ? now() : 'SERVICE_UNKNOWN';
      if (serving === told) continue;
      watchers.set(call, serving);
      call.write({status: serving});
    }
  };

  stopping.addEventListener(
    'abort',
    () => {
      look();
      for (const call of watchers.keys()) call.end();
    },
    {once: true},
  );

  return {
    Check(call: ServerUnaryCall<Asked, object>, answer: sendUnaryData<object>) {
      if (known(call.request.service)) return answer(null, {status: now()});
      answer({code: status.NOT_FOUND, details: 'there is no such service here', metadata: new Metadata()});
    },
    Watch(call: Watching) {
      if (watchers.size >= mostWatchers) {
        const refused = {code: status.RESOURCE_EXHAUSTED, details: 'too many watch already', metadata: new Metadata()};
        return void call.emit('error', refused);
      }
      const serving = known(call.request.service) ? now() : 'SERVICE_UNKNOWN';
      watchers.set(call, serving);
      call.write({status: serving});
      call.once('close', () => leave(call));
      call.once('cancelled', () => leave(call));
      looking ??= setInterval(look, LOOK_MS).unref();
    },
  };
}
