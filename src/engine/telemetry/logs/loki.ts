import type {LogRecord} from './log-record.ts';
import type {LogTarget} from './shipper.ts';

export interface LokiWish {
  /** `http://loki.example:3100`; the push path is added. */
  readonly url: string;
  /** X-Scope-OrgID, where Loki has several tenants. */
  readonly tenant?: string;
  readonly authorization?: string;
}

const timeoutMs = 10_000;

/**
 * The push API of Loki (POST /loki/api/v1/push, JSON). Labels are few and bounded: service_name, source, level; all else is
 * in the line, which is JSON.
 */
export const lokiTarget = ({url, tenant, authorization}: LokiWish): LogTarget => ({
  name: 'loki',
  async send(batch, signal) {
    const response = await fetch(`${url.replace(/\/+$/, '')}/loki/api/v1/push`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(tenant !== undefined && {'x-scope-orgid': tenant}),
        ...(authorization !== undefined && {authorization}),
      },
      body: JSON.stringify(lokiBody(batch)),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (response.ok) return taken(response);
    const said = `HTTP ${response.status}: ${(await response.text()).slice(0, 200)}`;
    // Too old, too long, out of order: never better the second time.
    if (response.status === 400) return {again: [], refused: batch.length};
    throw new Error(said);
  },
});

async function taken(response: Response) {
  await response.body?.cancel();
  return {again: [], refused: 0};
}

/** Lines with the same labels together. Exported for tests. */
export function lokiBody(batch: readonly LogRecord[]) {
  const streams = new Map<string, {stream: Record<string, string>; values: [string, string][]}>();
  for (const {at, source, level, message, fields} of batch) {
    const key = `${source} ${level}`;
    const stream = streams.get(key) ?? {stream: {service_name: 'niyanta', source, level}, values: []};
    streams.set(key, stream);
    stream.values.push([nanoseconds(at), JSON.stringify({message, ...fields})]);
  }
  return {streams: [...streams.values()]};
}

/** Of RFC 3339 with up to nine digits behind the point. */
function nanoseconds(at: string): string {
  const fraction = /\.(\d{1,9})/.exec(at)?.[1] ?? '';
  const seconds = Math.floor(Date.parse(at) / 1000);
  return `${seconds}${fraction.padEnd(9, '0')}`;
}
