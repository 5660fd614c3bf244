// How long `niyanta --version` takes, against Node doing nothing: `node scripts/node24.mjs bench/version.mjs [--rounds 40]`.
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {root} from '../scripts/node24.mjs';
import {inTurns, print, row} from './result.mjs';

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '40'}, json: {type: 'boolean', default: false}},
});

const {ours, peer} = await inTurns(
  Number(values.rounds),
  () => millisecondsOf([join(root, 'bin', 'run.js'), '--version']),
  () => millisecondsOf(['-e', '0']),
);
print(
  row({
    name: 'version',
    work: 'niyanta --version, whole process',
    against: 'node -e 0',
    unit: 'ms',
    ours,
    peer,
    aim: {atMost: 3},
  }),
);

function millisecondsOf(args) {
  const began = performance.now();
  const {status} = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - began;
}
