import {setTimeout as sleep} from 'node:timers/promises';
import {NiyantaError} from '../spec/errors.ts';
import type {ReadSecrets, SecretStore} from './secret-store.ts';
import type {StateStore} from './store.ts';

/** How often a write begins again when somebody else wrote the state meanwhile. */
const tries = 20;

/** Secrets in the state, beside its environments: `secrets: {store: state}`. A write is a serial more. */
export const stateSecretStore = (store: StateStore): SecretStore => ({
  kind: 'state',
  location: store.location,
  async read(): Promise<ReadSecrets | undefined> {
    const {secrets} = await store.read();
    return secrets && {sealed: secrets, placeOf: () => undefined};
  },
  async write(change) {
    for (let left = tries; ; left -= 1) {
      const lock = await store.read();
      const secrets = await change(lock.secrets);
      try {
        await store.update(lock.serial, now => ({...now, secrets}));
        return;
      } catch (error) {
        if (!(error instanceof NiyantaError && error.code === 'stale-state') || left === 0) throw error;
        await sleep(50);
      }
    }
  },
});
