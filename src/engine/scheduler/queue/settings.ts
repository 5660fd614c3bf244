/** Every knob of the queue. All points are of one scale, on which a workload's own priority is 0 to 100. */
export interface QueueSettings {
  /** By name; a customer's tier that is not here counts as the one with the fewest points. */
  readonly tiers: Readonly<Record<string, Tier>>;
  /** Points grow with the wait since acceptance up to `points`, reached after `fullAfterMs`. */
  readonly aging: {
    readonly points: number;
    readonly fullAfterMs: number;
    /** Whoever has waited this long goes before whoever has not, in order of acceptance. Infinity: never. */
    readonly longestMs: number;
  };
  /** `points` for a customer that has used nothing, half of them for one that has used its share. */
  readonly fairShare: {
    readonly points: number;
    readonly halfLifeMs: number;
    /** While it runs, an attempt counts as if it had begun this much earlier: a round that fills empty hosts is fair, too. */
    readonly leastMs: number;
  };
  /** binpack: the fullest worker that fits. spread: the emptiest. */
  readonly strategy: 'binpack' | 'spread';
  readonly preemption: {
    readonly enabled: boolean;
    /** Points of tier and priority that a workload must be ahead of its victims; at least 1. */
    readonly margin: number;
    /** At most so many a round. */
    readonly perRound: number;
  };
  /** At most so many starts a round. */
  readonly startsPerRound: number;
  /** With more workers than this a start does not carry the reasons of those that do not fit. */
  readonly explainUpTo: number;
}

export interface Tier {
  readonly points: number;
  /** Of its customers, each, in proportion to others. */
  readonly share: number;
}

const minute = 60_000;
const hour = 60 * minute;

export const defaultSettings: QueueSettings = {
  tiers: {
    free: {points: 0, share: 1},
    standard: {points: 50, share: 4},
    premium: {points: 100, share: 16},
  },
  aging: {points: 100, fullAfterMs: 24 * hour, longestMs: 72 * hour},
  fairShare: {points: 100, halfLifeMs: 24 * hour, leastMs: minute},
  strategy: 'binpack',
  preemption: {enabled: false, margin: 10, perRound: 10},
  startsPerRound: Number.POSITIVE_INFINITY,
  explainUpTo: 100,
};
