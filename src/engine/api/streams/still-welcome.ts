import type {FastifyRequest} from 'fastify';
import type {Door} from '../../coordinator/access/index.ts';

const EVERY_MS = 1000;

/** Calls once when the key of a stream that goes on opens nothing any more. Returns how to stop looking. */
export function whenUnwelcome(request: FastifyRequest, door: Door, then: () => void): () => void {
  const text = (request.headers.authorization ?? '').replace(/^Bearer +/i, '').trim();
  const timer = setInterval(async () => {
    // A store that does not answer ends nothing: whoever was let in stays until the key is known to be bad.
    const found = await door.identify(text).catch(() => undefined);
    if (typeof found !== 'string') return;
    clearInterval(timer);
    then();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
