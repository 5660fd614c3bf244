// How long `niyanta --version` takes, against Node doing nothing: `node scripts/node24.mjs bench/version.mjs [ROUNDS]`.
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import process from 'node:process';
import {root} from '../scripts/node24.mjs';

const rounds = Number(process.argv[2] ?? 40);
const nothing = ['-e', '0'];
const version = [join(root, 'bin', 'run.js'), '--version'];
const taken = {nothing: [], version: []};

// In turns, so that whatever else the machine does meets both.
for (let round = 0; round < rounds; round++) {
  taken.nothing.push(millisecondsOf(nothing));
  taken.version.push(millisecondsOf(version));
}

const [bare, niyanta] = [median(taken.nothing), median(taken.version)];
process.stdout.write(
  `node -e 0: ${bare.toFixed(1)} ms, niyanta --version: ${niyanta.toFixed(1)} ms, ratio ${(niyanta / bare).toFixed(2)} (medians of ${rounds})\n`,
);

function millisecondsOf(args) {
  const from = performance.now();
  const {status} = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - from;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
