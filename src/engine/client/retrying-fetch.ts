import {setTimeout as after} from 'node:timers/promises';
import {OutsideError} from '../spec/errors.ts';

interface RetryParts {
  /** For errors. */
  readonly server: string;
  readonly sleep?: (ms: number) => Promise<void>;
}

/** Waits before the second, third, … try; what a server says in Retry-After counts more, up to `LONGEST_MS`. */
const WAITS_MS = [100, 300, 1000, 2000];
const LONGEST_MS = 30_000;

/** Refused before anything was done: any request may be sent again. */
const NOT_DONE = [429, 503];
/** Perhaps done: only what may be done twice is sent again. */
const PERHAPS_DONE = [502, 504];

/**
 * fetch that tries again what may pass: no answer, an overloaded server, a proxy without one. What would do a thing
 * twice is sent again only with an Idempotency-Key, or where it was surely not done.
 * Errors: OutsideError `server-unreachable`.
 */
export function retryingFetch({server, sleep = ms => after(ms)}: RetryParts): (request: Request) => Promise<Response> {
  return async request => {
    const twice = request.method !== 'POST' || request.headers.has('idempotency-key');
    for (let tries = 0; ; tries++) {
      const wait = WAITS_MS[tries];
      let response: Response;
      try {
        response = await fetch(request.clone());
      } catch (error) {
        request.signal.throwIfAborted();
        const sent = !refused(error);
        if (wait === undefined || (sent && !twice)) throw unreachable(server, error);
        await sleep(wait);
        continue;
      }
      const again = NOT_DONE.includes(response.status) || (twice && PERHAPS_DONE.includes(response.status));
      if (!again || wait === undefined) return response;
      await response.body?.cancel();
      await sleep(Math.max(wait, askedWait(response)));
    }
  };
}

function askedWait({headers}: Response): number {
  const seconds = Number(headers.get('retry-after'));
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_MS) : 0;
}

/** Nobody listened: nothing was sent. */
const refused = (error: unknown): boolean => ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(codeOf(error));

const codeOf = (error: unknown): string => {
  const {cause} = error as {cause?: {code?: string; errors?: readonly {code?: string}[]}};
  return cause?.code ?? cause?.errors?.[0]?.code ?? '';
};

const unreachable = (server: string, cause: unknown): OutsideError =>
  new OutsideError({
    code: 'server-unreachable',
    message: `no coordinator answers at ${server} (${codeOf(cause) || (cause as Error).message})`,
    hint: 'Start one with: niyanta serve; or say where it is with --server or NIYANTA_SERVER.',
    transient: true,
    cause,
  });
