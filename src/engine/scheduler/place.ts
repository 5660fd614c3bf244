import {because} from './because.ts';
import {type Asking, objection} from './filters.ts';
import {Ledger} from './ledger.ts';
import {needsOrder} from './needs-order.ts';
import {type Refusal, unplaceable} from './refusal.ts';
import type {
  CandidateHost,
  PlaceableReplica,
  PlaceableService,
  PlacedReplica,
  PlacementRequest,
  PlacementResult,
  RejectedHost,
} from './request.ts';
import {better, type Scored, score} from './scores.ts';

interface Turn {
  readonly service: PlaceableService;
  readonly replica: PlaceableReplica;
}

/** How many places may be tried before giving up; only a stack that hardly fits needs more than one a replica. */
const budget = 4000;

/**
 * Where every replica runs. Deterministic: the same hosts, services and replicas in any order give the same result.
 * A replica that runs stays, unless a hard rule (drain, require, volume, port) sends it away.
 * Errors: UserError `unplaceable` with the reason of every host.
 */
export function place(request: PlacementRequest): PlacementResult {
  const turns = takeTurns(request);
  const firm = search(request, turns, false);
  // Only when nothing else helps may a replica that runs make room for one that cannot be placed otherwise.
  const found = firm.placed ? firm : search(request, turns, true);
  if (!found.placed) throw unplaceable(request, firm.refusal ?? found.refusal);
  const placements = [...found.placed].sort((a, b) => compareNames(a.service, b.service) || a.replica - b.replica);
  return {placements};
}

/** Services after what they need; within one, replicas that run before new ones. */
function takeTurns(request: PlacementRequest): readonly Turn[] {
  return needsOrder(request.services).flatMap(service => {
    const replicas = [...service.replicas].sort(
      (a, b) => Number(b.present !== undefined) - Number(a.present !== undefined) || a.replica - b.replica,
    );
    return replicas.map(replica => ({service, replica}));
  });
}

type Found =
  | {readonly placed: readonly PlacedReplica[]; readonly refusal?: undefined}
  | {readonly placed?: undefined; readonly refusal: Refusal};

/** Depth first, best host first, taking back the latest choice when a later replica fits nowhere. */
function search(request: PlacementRequest, turns: readonly Turn[], mayMove: boolean): Found {
  const ledger = new Ledger(request, mayMove);
  const hosts = [...request.hosts].sort((a, b) => compareNames(a.name, b.name));
  const services = new Map(request.services.map(service => [service.name, service]));
  const placed: PlacedReplica[] = [];
  let tries = 0;
  let deepest: (Refusal & {readonly depth: number}) | undefined;

  const decide = (depth: number): boolean => {
    const turn = turns[depth];
    if (!turn) return true;
    const {service, replica} = turn;
    const asking: Asking = {service, replica, ledger, hosts, services, mayMove};
    const objections = new Map(hosts.map(host => [host, objection(host, asking)]));
    const candidates = hosts
      .filter(host => objections.get(host) === undefined)
      .map((host): Scored => ({host, score: score(host, asking)}))
      .sort((a, b) => stayFirst(replica, a, b) || better(a, b));
    const stays = candidates[0]?.host.name === replica.present?.host;
    if (candidates.length === 0 && (!deepest || depth > deepest.depth)) {
      deepest = {depth, service, replica: replica.replica, rejected: rejections(objections)};
    }
    for (const candidate of stays && !mayMove ? candidates.slice(0, 1) : candidates) {
      tries += 1;
      if (tries > turns.length + budget) return false;
      const {name} = candidate.host;
      if (replica.present) ledger.release(replica.present.host, {service: service.name, replica: replica.replica});
      const text = because(candidate, candidates, asking);
      ledger.claim(name, {
        service: service.name,
        replica: replica.replica,
        resources: service.resources,
        ports: service.ports,
        volumes: service.volumes,
        decided: true,
      });
      placed.push({
        service: service.name,
        replica: replica.replica,
        host: name,
        because: text,
        rejected: rejections(objections, candidate, candidates),
      });
      if (decide(depth + 1)) return true;
      placed.pop();
      ledger.release(name, {service: service.name, replica: replica.replica});
      if (replica.present && !mayMove) {
        ledger.claim(replica.present.host, {
          service: service.name,
          replica: replica.replica,
          resources: service.resources,
          ports: service.ports,
          volumes: service.volumes,
          decided: false,
        });
      }
    }
    return false;
  };

  if (decide(0)) return {placed};
  return {refusal: deepest ?? {service: turns[0]!.service, replica: turns[0]!.replica.replica, rejected: []}};
}

function stayFirst({present, last}: PlaceableReplica, a: Scored, b: Scored): number {
  const home = present?.host ?? last;
  return Number(b.host.name === home) - Number(a.host.name === home);
}

function rejections(
  objections: ReadonlyMap<CandidateHost, string | undefined>,
  chosen?: Scored,
  candidates: readonly Scored[] = [],
): readonly RejectedHost[] {
  return [...objections]
    .filter(([host]) => host !== chosen?.host)
    .map(([host, reason]) => ({
      host: host.name,
      reason: reason ?? secondBest(candidates.find(candidate => candidate.host === host)!, chosen!),
      fits: reason === undefined,
    }));
}

/** Why a host that fits was not taken: the first thing in which the chosen one is ahead. */
function secondBest(other: Scored, {host, score: best}: Scored): string {
  const {score: mine} = other;
  if (mine.avoided.length > best.avoided.length) return `fits, but has ${mine.avoided.join(', ')}, to be avoided`;
  if (mine.points < best.points) return `fits, but scores ${mine.points}, ${host.name} ${best.points}`;
  if (mine.busy > best.busy) return `fits, but has more of this stack than ${host.name}`;
  if (better(other, {host, score: best}) < 0) return `fits, but it stays on ${host.name}`;
  return `fits as well as ${host.name}, whose name comes first`;
}

const compareNames = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
