import type {Asking} from './filters.ts';
import type {CandidateHost, PlaceableService} from './request.ts';

/**
 * How well a host suits a new replica, compared field by field. Scores choose where a replica starts; they never move
 * one that runs, so that an unchanged stack keeps its places.
 */
export interface Score {
  /** Neighbours on this host that are to be avoided. Counts before all else: beside them only when no other host fits. */
  readonly avoided: readonly string[];
  /** What `prefer` says for this host, as `region=eu`. */
  readonly preferred: readonly string[];
  /** Sum of the weights of `prefer` that match, less the crowd. */
  readonly points: number;
  /** Replicas of this stack here. */
  readonly busy: number;
}

export interface Scored {
  readonly host: CandidateHost;
  readonly score: Score;
}

/** One more replica of the same service beside it costs as much as a preference of this weight brings. */
const crowdWeight = 10;

export function score(host: CandidateHost, asking: Asking): Score {
  const {service, ledger} = asking;
  const mates = ledger.on(host.name).filter(c => c.service !== service.name || c.replica !== asking.replica.replica);
  const matching = service.rules.prefer.filter(({match}) =>
    Object.entries(match).every(([label, wanted]) => host.labels[label] === wanted),
  );
  const weight = matching.reduce((sum, preference) => sum + preference.weight, 0);
  return {
    avoided: avoidedAmong(
      mates.map(mate => mate.service),
      asking,
    ),
    preferred: matching.map(({match}) => labelText(match)),
    points: weight - crowdWeight * crowd(host, asking),
    busy: mates.length,
  };
}

/** Best first; the name decides between equals, so that the order of the input never does. */
export function better(a: Scored, b: Scored): number {
  return (
    a.score.avoided.length - b.score.avoided.length ||
    b.score.points - a.score.points ||
    a.score.busy - b.score.busy ||
    (a.host.name < b.host.name ? -1 : 1)
  );
}

/** The label over whose values a service is spread. */
export const spreadLabel = (service: PlaceableService): string => service.rules.spread ?? 'host';

/** Replicas of the same service that share this host's value of the spread label. */
function crowd(host: CandidateHost, {service, ledger, hosts}: Asking): number {
  const label = spreadLabel(service);
  const alike = hosts.filter(other => other.labels[label] === host.labels[label]);
  return alike.reduce((sum, other) => sum + ledger.decidedOn(other.name, service.name), 0);
}

/** Anti-affinity holds both ways: whoever comes second keeps away. */
function avoidedAmong(neighbours: readonly string[], {service, services}: Asking): readonly string[] {
  const avoids = (from: PlaceableService | undefined, other: string) =>
    from?.rules.avoid.some(rule => rule.service === other) ?? false;
  const met = neighbours.filter(name => avoids(service, name) || avoids(services.get(name), service.name));
  return [...new Set(met)].sort();
}

const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .sort()
    .join(', ');
