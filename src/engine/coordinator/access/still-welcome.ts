import type {Credential} from './client-certificates.ts';
import type {Door} from './door.ts';

const EVERY_MS = 1000;

/** Calls once when the key, token or certificate of a stream that goes on opens nothing any more. Returns how to stop looking. */
export function whenUnwelcome(credential: Credential, door: Door, then: () => void): () => void {
  const timer = setInterval(async () => {
    // A store that does not answer ends nothing: whoever was let in stays until that is known to be bad.
    const found = await door.identify(credential).catch(() => undefined);
    if (typeof found !== 'string') return;
    clearInterval(timer);
    then();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
