// A thousand containers that run at once: how fast `niyanta serve` starts them on three lab hosts, against bare `ctr run` on
// the same hosts; whether every host stays heard of; and how fast the API answers meanwhile:
// `node scripts/node24.mjs bench/thousand-containers.mjs [--containers 1000] [--rounds 1] [--json]`.
import process from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import autocannon from 'autocannon';
import {serve} from '../scripts/served.mjs';
import {print, row, single} from './result.mjs';
import {onStage} from './stage.mjs';

const {values} = parseArgs({
  options: {
    containers: {type: 'string', default: '1000'},
    rounds: {type: 'string', default: '1'},
    json: {type: 'boolean', default: false},
  },
});
const count = Number(values.containers);
const image = 'docker.io/library/busybox:test';
const SECONDS = 6;

await onStage({hosts: 3}, async stage => {
  await stage.everywhere('true');
  for (const {name} of stage.lab.hosts)
    await stage.sh(name, 'ctr -n niyanta images import - >/dev/null', await stage.archive());
  const [ours, peer, latencies, missed] = [[], [], [], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    peer.push(await bare(stage));
    const served = await serve(stage.folder, `data-${round}`);
    try {
      const {seconds, heard, latency} = await startedBy(served);
      ours.push(seconds);
      missed.push(heard);
      latencies.push(latency);
    } finally {
      for (const problem of await served.stop()) process.stderr.write(`${problem}\n`);
    }
  }
  print(
    row({
      name: 'thousand-containers',
      work: `${count} containers by niyanta serve, on three lab hosts, all of them running`,
      against: 'as many by bare ctr run, 4 at once on each host, no network, no logs',
      unit: 's',
      ours,
      peer,
      aim: {atMost: 1.25},
      also: {hostsUnheard: Math.max(...missed)},
    }),
    single({
      name: 'api-reads-beside-containers',
      work: `GET /v1/workloads (97.5 of 100) while ${count} containers run and 100 a second are submitted`,
      against: 'the aim',
      unit: 'ms',
      ours: latencies,
      most: 25,
    }),
  );
});

/** Seconds for as many containers with nothing but containerd; they are removed again. */
async function bare(stage) {
  const each = Math.ceil(count / stage.lab.hosts.length);
  const words = `ctr -n bare run --detach --null-io ${image} bare-N sleep 100000`;
  await stage.everywhere(`ctr -n niyanta images export - ${image} | ctr -n bare images import - >/dev/null`);
  const seconds = await Promise.all(
    stage.lab.hosts.map(({name}) => stage.secondsOf(name, `seq ${each} | xargs -P 4 -I N ${words}`)),
  );
  await stage.everywhere(
    `seq ${each} | xargs -P 4 -I N sh -c 'ctr -n bare tasks rm --force bare-N; ctr -n bare containers rm bare-N' >/dev/null 2>&1`,
  );
  return Math.max(...seconds);
}

/** Seconds until all of them run; how often a host was not heard of in time; the API's latency while they do. */
async function startedBy(served) {
  const headers = {authorization: `Bearer ${served.key}`, 'content-type': 'application/json'};
  const ask = async (path, init) => {
    const answer = await fetch(`${served.address}${path}`, {headers, ...init});
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const workload = {
    name: 'wait',
    image,
    command: ['sleep', '100000'],
  };
  await untilHeard(ask);
  const began = performance.now();
  const submissions = Array.from({length: count}, () => ({workload}));
  await ask('/v1/workloads/batch', {method: 'POST', body: JSON.stringify({workloads: submissions, batch: 'wait'})});
  let heard = 0;
  for (;;) {
    const {items} = await ask('/v1/workers');
    heard += items.filter(({condition}) => condition !== 'well').length;
    if (items.reduce((sum, {running}) => sum + running, 0) >= count && (await waiting(ask)) === 0) break;
    await sleep(250);
  }
  const seconds = (performance.now() - began) / 1000;
  const latency = await readingUnderLoad(served.address, headers);
  heard += (await ask('/v1/workers')).items.filter(({condition}) => condition !== 'well').length;
  return {seconds, heard, latency};
}

async function untilHeard(ask) {
  for (;;) {
    const {items} = await ask('/v1/workers');
    if (items.length === 3 && items.every(({condition}) => condition === 'well')) return;
    await sleep(100);
  }
}

/** How many of them do not run yet; fails when one has ended. */
async function waiting(ask) {
  const {items} = await ask('/v1/workloads?batch=wait&state=FAILED,CANCELLED,SUCCEEDED&limit=1');
  if (items.length > 0) throw new Error(`one of them ended: ${JSON.stringify(items[0])}`);
  const states = 'PENDING,SCHEDULED,STARTING,RETRYING,LOST';
  return (await ask(`/v1/workloads?batch=wait&state=${states}&limit=1`)).items.length;
}

async function readingUnderLoad(url, headers) {
  const body = JSON.stringify({workload: {name: 'nap', type: 'sleep', with: {seconds: 0}}});
  const submit = autocannon({
    url,
    connections: 10,
    overallRate: 100,
    duration: SECONDS,
    requests: [{method: 'POST', path: '/v1/workloads', headers, body}],
  });
  const requests = [{method: 'GET', path: '/v1/workloads?limit=20', headers}];
  const read = autocannon({url, connections: 4, overallRate: 50, duration: SECONDS, requests});
  const [, {latency}] = await Promise.all([submit, read]);
  return latency.p97_5;
}
