import {constants} from 'node:os';

export interface Running {
  readonly log: {info(fields: object, text: string): void};
  /** Tells by itself what went wrong. */
  readonly reload: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Resolves when it has stopped: SIGTERM or SIGINT stops it, once more ends the process at once; SIGHUP has it reload. */
export async function untilStopped({log, reload, stop}: Running): Promise<void> {
  const stopping = Promise.withResolvers<void>();
  let asked = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => {
      if (asked) process.exit(128 + constants.signals[name]);
      asked = true;
      log.info({signal: name}, 'stopping; once more ends at once');
      stopping.resolve();
    });
  process.on('SIGHUP', () => {
    // Whoever reloads tells what is wrong.
    reload().catch(() => undefined);
  });
  await stopping.promise;
  await stop();
  log.info({}, 'stopped');
}
