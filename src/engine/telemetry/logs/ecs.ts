import type {LogRecord} from './log-record.ts';

/** The version of the Elastic Common Schema whose names these are. */
const ecsVersion = '8.11.0';

/** Names of ECS for what has one; all else is under `niyanta`. Dotted, as ECS loggers write them. */
const names: Readonly<Record<string, string>> = {
  requestId: 'http.request.id',
  traceId: 'trace.id',
  host: 'host.name',
  method: 'http.request.method',
  status: 'http.response.status_code',
  customer: 'organization.id',
  key: 'user.name',
};

/** One line of a log as a document of the Elastic Common Schema. */
export function ecsOf({at, source, level, message, fields}: LogRecord): Readonly<Record<string, unknown>> {
  const own: Record<string, unknown> = {};
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || name === 'reqId') continue;
    if (name === 'err') Object.assign(known, errorOf(value));
    // Nanoseconds.
    else if (name === 'ms' && typeof value === 'number') known['event.duration'] = Math.round(value * 1e6);
    else if (names[name] !== undefined) known[names[name]] = value;
    else own[name] = value;
  }
  return {
    '@timestamp': at,
    'log.level': level,
    message,
    'ecs.version': ecsVersion,
    'service.name': 'niyanta',
    'event.dataset': `niyanta.${source}`,
    ...known,
    ...(Object.keys(own).length > 0 && {niyanta: own}),
  };
}

function errorOf(value: unknown): Record<string, unknown> {
  const {type, message, stack, code} = (value ?? {}) as Readonly<Record<string, unknown>>;
  const parts = {'error.type': type, 'error.message': message, 'error.stack_trace': stack, 'error.code': code};
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
}
