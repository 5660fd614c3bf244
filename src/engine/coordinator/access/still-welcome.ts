import type {Door} from './door.ts';

const EVERY_MS = 1000;

/** Calls once when the key of a stream that goes on opens nothing any more. Returns how to stop looking. */
export function whenUnwelcome(key: string, door: Door, then: () => void): () => void {
  const timer = setInterval(async () => {
    // A store that does not answer ends nothing: whoever was let in stays until the key is known to be bad.
    const found = await door.identify(key).catch(() => undefined);
    if (typeof found !== 'string') return;
    clearInterval(timer);
    then();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
