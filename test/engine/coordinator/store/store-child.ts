// A process of its own that submits to an SQLite store until it is killed: `node store-child.ts FOLDER`. Prints the ids of
// what was accepted, a line each, once it was; or the code of the error that kept it from opening the store.
import type {NiyantaError} from '../../../../src/engine/spec/errors.ts';
import {sqliteBackend} from './backends.ts';
import {submission} from './samples.ts';

const [folder, name] = process.argv.slice(2) as [string, string];
try {
  const store = await sqliteBackend.open(folder);
  const submitting = Array.from({length: 8}, async (_, caller) => {
    for (let round = 0; ; round++) {
      const made = submission(`w${caller}`, {id: `${name}-${caller}-${round}`});
      const [accepted] = await store.submit([made]);
      process.stdout.write(`${accepted!.id}\n`);
    }
  });
  await Promise.all(submitting);
} catch (error) {
  process.stdout.write(`${(error as NiyantaError).code}\n`);
}
