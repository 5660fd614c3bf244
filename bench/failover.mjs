// How soon what waits starts again after the leader of several `niyanta serve` was killed, and how soon the work of a host that
// lost its power at the same moment runs elsewhere; with the settings that people have who set nothing:
// `node scripts/node24.mjs bench/failover.mjs [--rounds 5] [--json]`.
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {labKill, labReboot} from '../src/engine/lab/index.ts';
import {TestPostgres} from '../test/lab/harness/state-in-postgres.ts';
import {median, print, single} from './result.mjs';
import {SeveralServes} from './several-serves.mjs';
import {onStage} from './stage.mjs';

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '5'}, json: {type: 'boolean', default: false}},
});
const rounds = Array.from({length: Number(values.rounds)}, (_, index) => index);
const image = 'docker.io/library/busybox:test';
const COORDINATORS = 3;
const ON_THE_HOST = 8;
const nap = {name: 'nap', type: 'sleep', with: {seconds: 0.5}, resources: {cpu: 0.1}};
const job = {
  name: 'job',
  image,
  command: ['sleep', '100000'],
  resources: {cpu: 0.1},
  placement: {prefer: [{match: {host: 'h1'}, weight: 100}]},
};

await onStage({hosts: 3}, async stage => {
  for (const {name} of stage.lab.hosts)
    await stage.sh(name, 'ctr -n niyanta images import - >/dev/null', await stage.archive());
  const postgres = await TestPostgres.start('niyanta-bench-', '-c fsync=on -c shared_buffers=64MB');
  const several = new SeveralServes(stage.folder, postgres, COORDINATORS);
  try {
    const crashes = [];
    for (const _ of rounds) crashes.push(await afterCrash(several));
    const losses = [];
    for (const _ of rounds) losses.push(await afterLoss(several, stage));
    print(
      rowOf(
        'leader-crash',
        'the leader is killed: until the next one places what waits, 20 submissions a second',
        crashes,
        5,
      ),
      rowOf(
        'leader-and-host',
        `the leader is killed and a host's power cut at once: until its ${ON_THE_HOST} containers run elsewhere`,
        losses,
        20,
      ),
    );
  } finally {
    for (const problem of await several.stop()) process.stderr.write(`${problem}\n`);
    await postgres.stop();
  }
});

/** On the way, for people. */
function told(what, seconds) {
  process.stderr.write(`${what} after ${seconds} s\n`);
  return seconds;
}

/** The worst of the rounds counts; the median is in the results. */
function rowOf(name, work, ours, most) {
  const also = {median: Number(median(ours).toPrecision(4))};
  return single({name, work, against: 'the aim', unit: 's', ours, most, also});
}

/** Seconds from the kill until the database has a placement by somebody else; submissions come all the time. */
async function afterCrash(several) {
  await several.allWell();
  const leader = await several.leader();
  const others = several.all.filter(each => each !== leader);
  let going = true;
  const client = (async () => {
    for (let turn = 0; going; turn += 1) {
      await several.ask('POST', '/v1/workloads', {workload: nap}, others[turn % others.length]);
      await sleep(50);
    }
  })();
  await sleep(1000 + Math.random() * 2000);
  const before = await several.lastGeneration();
  const at = Date.now();
  several.lose(leader);
  const placedAt = await several.when(
    `type = 'workload.state' and to_state = 'SCHEDULED' and seq > (${several.elected(before)})`,
  );
  going = false;
  await client;
  return told('placed again', (placedAt - at) / 1000);
}

/** Seconds from both losses until the database has all of the host's containers running again. */
async function afterLoss(several, stage) {
  await several.allWell();
  const ids = [];
  for (let count = 0; count < ON_THE_HOST; count += 1)
    ids.push((await several.ask('POST', '/v1/workloads', {workload: job})).id);
  await several.untilRunning(ids, 1);
  await sleep(Math.random() * 2000);
  const leader = await several.leader();
  const at = Date.now();
  several.lose(leader);
  await labKill(stage.name, 'h1');
  const runsAt = await several.untilRunning(ids, 2);
  await labReboot(stage.name, 'h1');
  for (const id of ids) await several.ask('POST', `/v1/workloads/${id}/cancel`);
  await several.allWell();
  return told('runs elsewhere', (runsAt - at) / 1000);
}
