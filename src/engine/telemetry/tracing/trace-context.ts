import {createHash, randomBytes} from 'node:crypto';

/** Where a span stands: of which trace, as W3C Trace Context has it; ids in hex. */
export interface TraceContext {
  /** 32 digits. */
  readonly traceId: string;
  /** 16 digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Of a header or variable `traceparent`; undefined when it is none that may be gone on from (W3C Trace Context 3.2). */
export function traceContextOf(text: string | undefined): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return {traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1};
}

export const traceparentOf = ({traceId, spanId, sampled}: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

export const newTraceId = (): string => randomBytes(16).toString('hex');
export const newSpanId = (): string => randomBytes(8).toString('hex');

/**
 * The id of a span by what it is of: whoever tells of the same thing, now or after a change of the leader, gives it the same.
 */
export const spanIdOf = (traceId: string, ...of: readonly (string | number)[]): string =>
  createHash('sha256')
    .update([traceId, ...of].join('\0'))
    .digest('hex')
    .slice(0, 16);
