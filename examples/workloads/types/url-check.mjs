// A workload type of one's own: asks an address until it answers as expected, in the coordinator itself.
//   niyanta.yaml:  server: {types: [./types/url-check.mjs]}
//   a workload:    type: url-check, with: {url: https://shop.example/healthz, within: 60}
import {setTimeout as pause} from 'node:timers/promises';

/** @type {import('../../../src/engine/coordinator/types/load-types.ts').MakeType} */
export default function urlCheck({z}) {
  const config = z.strictObject({
    url: z.url({protocol: /^https?$/}),
    status: z.int().default(200),
    /** Seconds. */
    within: z.number().min(1).max(3600).default(60),
  });
  const open = new Map();
  const keyOf = ({workload, attempt}) => `${workload.id}.${attempt}`;
  const ended = (outcome, reason, result) => ({outcome, reason, result, transient: false, outputs: {}});

  return {
    name: 'url-check',
    config,
    onHost: false,
    async init() {},

    async execute(attempt) {
      const {config, report, signal} = attempt;
      const closed = new AbortController();
      open.set(keyOf(attempt), closed);
      const until = Date.now() + config.within * 1000;
      report.started();
      for (let tries = 1; ; tries++) {
        const answer = await fetch(config.url, {signal: AbortSignal.any([signal, closed.signal])}).catch(
          error => error,
        );
        // Somebody else goes on with it: nothing ends here.
        signal.throwIfAborted();
        if (closed.signal.aborted) return ended('failed', 'it was ended');
        if (answer.status === config.status) return ended('succeeded', `answered ${answer.status}`, {tries});
        if (Date.now() >= until) return ended('failed', `last: ${answer.status ?? answer.message}`);
        await pause(500, undefined, {signal: AbortSignal.any([signal, closed.signal])}).catch(() => undefined);
      }
    },

    // It has nothing worth saving.
    async checkpoint() {},

    async close(attempt) {
      open.get(keyOf(attempt))?.abort();
      open.delete(keyOf(attempt));
    },
  };
}
