/** Resolves once something is so; asked again whenever its subscription says that it may be. Rejects with the signal's reason. */
export async function until(
  isSo: () => boolean,
  subscribe: (listener: () => void) => () => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (isSo()) return;
  const {promise, resolve, reject} = Promise.withResolvers<void>();
  const unsubscribe = subscribe(() => isSo() && resolve());
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, {once: true});
  try {
    await promise;
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', onAbort);
  }
}
