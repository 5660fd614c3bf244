import {readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {labDown} from '../../../src/engine/lab/index.ts';
import {labsOfRun, scratchPrefix} from './run-names.ts';

// Outlives a run of the tests that ended without its teardown (Ctrl-C, kill -9) and removes what the run left.
// Its standard input is a pipe from that run: it closes when the run is gone, whatever ended it.
const run = Number(process.argv[2]);
for await (const _ of process.stdin);

// A worker may still be at work for a moment, so look again until nothing new turns up.
for (let quiet = 0; quiet < 3; quiet++) {
  for (const name of labsOfRun(run)) {
    await labDown(name);
    quiet = 0;
  }
  await sleep(300);
}
for (const name of readdirSync(tmpdir())) {
  if (name.startsWith(scratchPrefix(run))) rmSync(join(tmpdir(), name), {recursive: true, force: true});
}
