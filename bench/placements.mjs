// How many workloads a second niyanta's queue places on 5,000 hosts, on one core, and how well it packs:
// `node scripts/node24.mjs bench/placements.mjs [--rounds 5] [--json]`. Needs no host at all.
import process from 'node:process';
import {parseArgs} from 'node:util';
import {Queue} from '../src/engine/scheduler/queue/index.ts';
import {openbHosts, openbPods} from './openb.mjs';
import {packing, workerOf, workloadOf} from './packing.mjs';
import {median, print, row} from './result.mjs';

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '5'}, json: {type: 'boolean', default: false}},
});

const hosts = openbHosts(5000).map(workerOf);
const workloads = 20_000;
const batch = 2000;
/** A second, published for kube-scheduler: 680 to 810. */
const published = 810;

// Once before, so that the code is compiled.
run(0);
const taken = Array.from({length: Number(values.rounds)}, (_, round) => run(round + 1));
const perThousand = taken.map(({fill}) => (fill * 1000) / workloads);
const packed = packing([1, 2, 3, 4, 5]);
print(
  row({
    name: 'placements',
    work: '1,000 placements on 5,000 hosts, mixed shapes, one core',
    against: `kube-scheduler's published ${published} a second (680 to 810)`,
    unit: 'ms',
    ours: perThousand,
    peer: [Math.round(1e6 / published)],
    aim: {faster: 24.7},
    also: {
      placementsPerSecond: Math.round(1e6 / median(perThousand)),
      fullRoundMs: rounded(median(taken.map(({churn}) => churn))),
      gpusAllocatedPercent: rounded(packed.niyanta),
      bestFitPercent: rounded(packed.bestFit),
      firstFitPercent: rounded(packed.firstFit),
    },
  }),
);

/**
 * Milliseconds of processor time: to queue and place all workloads in ten rounds, and for one round on full hosts, in
 * which 100 have ended and 100 more arrived while thousands wait.
 */
function run(seed) {
  const queue = new Queue();
  queue.setWorkers(hosts);
  const draw = openbPods(seed + 1);
  const arrivals = Array.from({length: workloads + 25_000}, (_, at) =>
    workloadOf(at, `c${at % 20}`, draw(), rulesOf(at)),
  );
  let started = 0;
  const place = now => {
    for (const {kind} of queue.round(now)) if (kind === 'start') started += 1;
  };
  const fill = spent(() => {
    for (let at = 0; at < workloads; at += batch) {
      for (const each of arrivals.slice(at, at + batch)) queue.add(each);
      place(1_000_000 + at);
    }
  });
  if (started !== workloads) throw new Error(`${started} of ${workloads} were placed`);
  for (const each of arrivals.slice(workloads, workloads + 20_000)) queue.add(each);
  place(2_000_000);
  const rounds = 20;
  const churn = spent(() => {
    for (let round = 0; round < rounds; round += 1) {
      for (let at = round * 100; at < (round + 1) * 100; at += 1) {
        queue.ended(`w${at}`, 2_000_000);
        queue.add(arrivals[workloads + 20_000 + at]);
      }
      place(2_000_000 + round);
    }
  });
  return {fill, churn: churn / rounds};
}

/** A tenth asks for a region, a fifth prefers a model of GPU. */
function rulesOf(at) {
  if (at % 10 === 3) return {require: {region: 'eu'}};
  if (at % 5 === 2) return {prefer: [{match: {model: 'G2'}, weight: 10}]};
  return {};
}

function spent(work) {
  const before = process.cpuUsage();
  work();
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1000;
}

function rounded(value) {
  return Number(value.toPrecision(4));
}
