import {defaultSettings} from '../scheduler/queue/index.ts';
import type {CoordinatorSettings} from './coordinator.ts';

const second = 1000;
const day = 86_400 * second;

/** A crashed leader is followed within ttl + poll, one that resigned within poll. */
export const defaultCoordinatorSettings: CoordinatorSettings = {
  lease: {ttlMs: 4 * second, renewMs: 2 * second, marginMs: 500, pollMs: 400},
  silence: {beatMs: 2 * second, suspectMs: 5 * second, lostMs: 10 * second},
  round: {everyMs: second},
  outsideFailures: {max: 5, initialMs: 2 * second, maxMs: 60 * second},
  poisonWorkers: 3,
  partition: {share: 0.5, perMinute: 10},
  startsPerWorker: 4,
  keep: {workloadsMs: 30 * day, eventsMs: 90 * day},
  queue: defaultSettings,
};
