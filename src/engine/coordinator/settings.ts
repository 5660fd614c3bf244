import {isDeepStrictEqual} from 'node:util';
import {defaultSettings} from '../scheduler/queue/index.ts';
import type {OidcSettings, ServerSettings} from '../spec/server/server-settings.ts';
import {type AccessRules, type LoginOffer, TokenVerifier} from './access/index.ts';
import type {CoordinatorSettings} from './coordinator.ts';

const second = 1000;
const day = 86_400 * second;

/** Renewed three times in its time, and not trusted for the end of it; a standby looks ten times in that time. */
const leaseOf = (ttlMs: number): CoordinatorSettings['lease'] => ({
  ttlMs,
  renewMs: Math.round(ttlMs / 3),
  marginMs: ttlMs / 8,
  pollMs: ttlMs / 10,
});

/** A crashed leader is followed within ttl + poll, one that resigned within poll. */
export const defaultCoordinatorSettings: CoordinatorSettings = {
  lease: leaseOf(3 * second),
  silence: {beatMs: 2 * second, suspectMs: 5 * second, lostMs: 10 * second},
  round: {everyMs: second},
  outsideFailures: {max: 5, initialMs: 2 * second, maxMs: 60 * second},
  poisonWorkers: 3,
  partition: {share: 0.5, perMinute: 10},
  startsPerWorker: 4,
  stacks: {lookEveryMs: 30 * second, scaleEveryMs: 10 * second},
  keep: {workloadsMs: 30 * day, eventsMs: 90 * day},
  tierLimits: {},
  queue: defaultSettings,
};

/** What people set, over what they cannot. */
export function coordinatorSettings(server: ServerSettings): CoordinatorSettings {
  const {tiers, scheduling, failures, stacks, keep} = server;
  const {aging, fairShare, strategy, preemption, startsPerHost} = scheduling;
  const {queue, ...rest} = defaultCoordinatorSettings;
  return {
    ...rest,
    lease: leaseOf(failures.leader),
    silence: {beatMs: failures.beat, suspectMs: failures.suspect, lostMs: failures.lost},
    outsideFailures: {
      max: failures.outside.max,
      initialMs: failures.outside.initial,
      maxMs: failures.outside.longest,
    },
    poisonWorkers: failures.quarantineAfter,
    partition: failures.partition,
    startsPerWorker: startsPerHost,
    stacks: {lookEveryMs: stacks.look, scaleEveryMs: stacks.scale},
    keep: {workloadsMs: keep.workloads, eventsMs: keep.audit},
    tierLimits: Object.fromEntries(
      Object.entries(tiers).map(([name, {rate: _, burst: __, points: ___, share: ____, ...limits}]) => [name, limits]),
    ),
    queue: {
      ...queue,
      tiers: Object.fromEntries(Object.entries(tiers).map(([name, {points, share}]) => [name, {points, share}])),
      aging: {points: aging.points, fullAfterMs: aging.fullAfter, longestMs: aging.longest},
      fairShare: {...queue.fairShare, points: fairShare.points, halfLifeMs: fairShare.halfLife},
      strategy,
      preemption,
    },
  };
}

/** Who may come in, and how often, as people set it. The same issuer keeps the keys that were found `before`. */
export function accessRules(server: ServerSettings, before?: AccessRules): AccessRules {
  const {oidc, tiers, tls} = server;
  const same = oidc && before?.tokens && isDeepStrictEqual(before.tokens.settings, oidc);
  return {
    tierRates: Object.fromEntries(
      Object.entries(tiers).map(([name, {rate, burst}]) => [name, {perSecond: rate, burst}]),
    ),
    tierLimits: coordinatorSettings(server).tierLimits,
    ...(oidc && {tokens: same ? before.tokens : new TokenVerifier(oidc)}),
    ...(oidc?.login && {login: loginOf(oidc.issuer, oidc.login)}),
    clients: tls?.clients ?? {},
  };
}

const loginOf = (issuer: string, login: NonNullable<OidcSettings['login']>): LoginOffer => ({
  issuer,
  clientId: login.client,
  scope: login.scope,
  accepts: login.token,
  parameters: login.parameters,
});
