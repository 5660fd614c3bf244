// From a submission to the start of its work, on a system that does nothing else: `niyanta serve` as people run it with its
// embedded database, and the workload type `sleep`, which takes no container; a lab host is there to be its place:
// `node scripts/node24.mjs bench/submit-to-start.mjs [--rounds 3] [--json]`.
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {serve} from '../scripts/served.mjs';
import {print, single} from './result.mjs';
import {onStage} from './stage.mjs';

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '3'}, json: {type: 'boolean', default: false}},
});
const WORKLOADS = 200;

await onStage({hosts: 1}, async stage => {
  const served = await serve(stage.folder);
  try {
    await measure(served);
  } finally {
    for (const problem of await served.stop()) process.stderr.write(`${problem}\n`);
  }
});

async function measure({address, key}) {
  const headers = {authorization: `Bearer ${key}`, 'content-type': 'application/json'};
  const ask = async (path, init) => {
    const answer = await fetch(`${address}${path}`, {headers, ...init});
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  // The first ones load code and fill caches.
  for (let index = 0; index < 20; index++) await untilStarted(ask);
  const [medians, ninetyNinths] = [[], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    const taken = [];
    for (let index = 0; index < WORKLOADS; index++) taken.push(await untilStarted(ask));
    taken.sort((a, b) => a - b);
    medians.push(taken[WORKLOADS / 2]);
    ninetyNinths.push(taken[Math.ceil(WORKLOADS * 0.99) - 1]);
  }
  const work = `from a submission over HTTP to the start of a no-op workload, one at a time, ${WORKLOADS} a round`;
  print(
    single({name: 'submit-to-start', work: `${work}: median`, against: 'the aim', unit: 'ms', ours: medians, most: 20}),
    single({
      name: 'submit-to-start-p99',
      work: 'the same: 99 of 100',
      against: 'the aim',
      unit: 'ms',
      ours: ninetyNinths,
      most: 100,
    }),
  );
}

/** Milliseconds, by the clock of this machine, which is the server's. */
async function untilStarted(ask) {
  const workload = {name: 'nothing', type: 'sleep', with: {seconds: 0}};
  const began = performance.timeOrigin + performance.now();
  const {id} = await ask('/v1/workloads', {method: 'POST', body: JSON.stringify({workload})});
  for (;;) {
    const {startedAt, state} = await ask(`/v1/workloads/${id}`);
    if (state === 'SUCCEEDED') return Date.parse(startedAt) - began;
    await sleep(5);
  }
}
