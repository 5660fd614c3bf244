// How much of openb's GPUs is allocated when pods have arrived that ask for all of them, one after another: by niyanta's
// queue, and by plain first fit and best fit on the same pods and hosts.
import {Queue} from '../src/engine/scheduler/queue/index.ts';
import {openbHostCount, openbHosts, openbPods} from './openb.mjs';

/** Percent, mean of the seeds: `{niyanta, bestFit, firstFit}`. */
export function packing(seeds) {
  const hosts = openbHosts(openbHostCount);
  const gpus = hosts.reduce((sum, {gpu}) => sum + gpu, 0);
  const mean = place =>
    (100 * seeds.reduce((sum, seed) => sum + place(hosts, arrivals(seed, gpus)), 0)) / seeds.length / gpus;
  return {niyanta: mean(byQueue), bestFit: mean(naive(leastLeft)), firstFit: mean(naive(() => 0))};
}

function arrivals(seed, gpus) {
  const draw = openbPods(seed);
  const pods = [];
  for (let asked = 0; asked < gpus; asked += pods.at(-1).gpu) pods.push(draw());
  return pods;
}

/** GPUs given out. Each pod gets a round of its own; those that fit nowhere are cancelled, as the naive ones drop them. */
function byQueue(hosts, pods) {
  const queue = new Queue();
  queue.setWorkers(hosts.map(workerOf));
  let given = 0;
  for (const [at, pod] of pods.entries()) {
    queue.add(workloadOf(at, 'c', pod));
    if (queue.round(at).some(({kind}) => kind === 'start')) given += pod.gpu;
    else queue.remove(`w${at}`);
  }
  return given;
}

const naive = score => (hosts, pods) => {
  const free = hosts.map(({cpu, memory, gpu}) => ({cpu, memory, gpu}));
  let given = 0;
  for (const pod of pods) {
    let best;
    for (const host of free) {
      if (host.cpu < pod.cpu || host.memory < pod.memory || host.gpu < pod.gpu) continue;
      if (!best || score(host, pod) < score(best, pod)) best = host;
    }
    if (!best) continue;
    best.cpu -= pod.cpu;
    best.memory -= pod.memory;
    best.gpu -= pod.gpu;
    given += pod.gpu;
  }
  return given;
};

/** Of everything, as parts of the largest host's. */
const leastLeft = (host, pod) =>
  (host.cpu - pod.cpu) / 128 + (host.memory - pod.memory) / 2 ** 40 + (host.gpu - pod.gpu) / 8;

export const workerOf = ({cpu, memory, gpu, model}, at) => ({
  name: `h${String(at).padStart(5, '0')}`,
  region: at % 3 === 0 ? 'eu' : 'us',
  labels: {model},
  ports: [],
  drained: false,
  capacity: {cpu, memory, gpu, disk: 0},
});

export const workloadOf = (at, customer, resources, rules = {}) => ({
  id: `w${at}`,
  name: 'job',
  customer,
  seq: at,
  acceptedAt: at,
  priority: 50,
  preemptible: false,
  shape: {resources, ports: [], require: {}, prefer: [], avoid: [], beside: [], exclude: [], ...rules},
});
