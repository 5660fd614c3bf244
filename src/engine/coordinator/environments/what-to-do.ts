import type {EnvironmentRow, Seen} from './environment-rows.ts';
import type {HealingStreak} from './healing-backoff.ts';
import type {Look} from './look-at-environment.ts';
import {healthPart, type UnhealthyReplica, unhealthyText} from './unhealthy-replicas.ts';

/** containerd starts what ended again within ten seconds; who does not run after so long is not in its care. */
export const restartPatienceMs = 25_000;

export interface Found {
  readonly look: Look;
  /** Of what runs: what is replaced, for its health. */
  readonly ill: readonly UnhealthyReplica[];
  readonly healing: EnvironmentRow['healing'];
  readonly streak: HealingStreak;
  /** Hosts that were silent for too short to be lost. */
  readonly suspect: readonly string[];
  readonly lost: readonly string[];
  /** Most hosts are silent: that may well be this coordinator's own network. */
  readonly partition?: string;
  /** In a partition only few are healed in a minute. */
  readonly mayMove: boolean;
  /** Milliseconds for which each of `look.restarting` was seen so. */
  readonly restartingMs: ReadonlyMap<string, number>;
  readonly now: number;
}

/** What an environment is said to be, whether it is healed now, and when it is looked at again at the latest. */
export interface Decision {
  readonly seen: Seen;
  /** What for; absent: not now. */
  readonly heal?: string;
  /** What would be put right by it. */
  readonly parts?: readonly string[];
  /** Containers that run and are replaced. */
  readonly unhealthy?: readonly string[];
  readonly againMs?: number;
}

/** The first line that fits decides. Pure. */
export function whatToDo(found: Found): Decision {
  const {look, ill, healing, streak, suspect, lost, partition, now} = found;
  const {services} = look;
  const away = lost.length > 0 ? `${lost.join(', ')} ${lost.length === 1 ? 'is' : 'are'} lost` : undefined;
  const say = (condition: Seen['condition'], ...reasons: readonly (string | undefined)[]): Seen => {
    const reason = reasons.filter(each => each !== undefined && each !== '').join('; ');
    return {condition, services, ...(reason !== '' && {reason})};
  };
  if (look.operations.length === 0 && look.running)
    return {seen: away && look.warnings.length > 0 ? say('degraded', away, ...look.warnings) : say('healthy')};
  const fits = look.operations.length > 0;
  const what = fits ? whatIsWrong(look) : ill.map(unhealthyText).join(', ');
  // Nothing that can be done now: a replica that starts, or is unhealthy for a moment, one whose host has its volume and is away.
  if (!fits && ill.length === 0)
    return {seen: say(look.starting ? 'healing' : 'degraded', look.why, away), againMs: soonMs};
  if (healing === 'paused') return {seen: say('degraded', what, 'healing is paused', away)};
  if (suspect.length > 0) return {seen: say('healing', what, `${suspect.join(', ')} silent`), againMs: 1000};
  if (partition !== undefined && !found.mayMove) return {seen: say('degraded', what, partition), againMs: soonMs};
  if (onlyRestarting(found)) return {seen: say('healing', `${what}, which containerd starts again`), againMs: soonMs};
  if (streak.notBefore !== undefined && now < streak.notBefore) {
    const seconds = Math.ceil((streak.notBefore - now) / 1000);
    const again = streak.open
      ? `was put right ${streak.count} times without lasting: tried again every 10 minutes`
      : 'is put right again after a pause';
    return {seen: say(streak.open ? 'degraded' : 'healing', what, again, away), againMs: seconds * 1000};
  }
  const unhealthy = ill.map(({container}) => container);
  return {
    seen: say('healing', what, away),
    heal: what,
    parts: partsOf(look, ill),
    ...(!fits && {unhealthy}),
  };
}

/** What a healing would put right, to know what did not last: health comes once all the rest is as it was applied. */
export const partsOf = (look: Look, ill: readonly UnhealthyReplica[]): readonly string[] =>
  look.operations.length > 0 ? look.operations.map(({part}) => part) : ill.map(healthPart);

const soonMs = 5000;
const shown = 3;

/** `web 2 on h1 removed, 2 more`. */
function whatIsWrong({drift, operations}: Look): string {
  const all = drift.length > 0 ? drift : operations.map(({title}) => title);
  const more = all.length - shown;
  return `${all.slice(0, shown).join(', ')}${more > 0 ? `, ${more} more` : ''}`;
}

/** All that is to be done is to start again what its restart policy starts, too. */
function onlyRestarting({look, restartingMs}: Found): boolean {
  if (look.restarting.length === 0) return false;
  const young = (name: string) => (restartingMs.get(name) ?? 0) < restartPatienceMs;
  return (
    look.operations.every(
      ({service, replica}) =>
        service !== undefined && replica !== undefined && look.restarting.includes(`${service}/${replica}`),
    ) && look.restarting.some(young)
  );
}
