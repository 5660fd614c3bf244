import type {ScaleRule} from '../../spec/scale.ts';
import {type FigureName, type Measurement, measured, targetsOf} from './measurement.ts';

/** What earlier looks left. Times in milliseconds of the clock of `Look.at`. */
export interface ScaleMemory {
  /** When the number of replicas last changed, or looking began. */
  readonly changedAt: number;
  /** What looks within the window wanted: oldest first, falling. */
  readonly wanted: readonly {readonly at: number; readonly replicas: number}[];
}

export interface Look {
  readonly at: number;
  /** How many the service is to have now. */
  readonly replicas: number;
  /** Those of the rule that are missing count as failed. */
  readonly measurements: readonly Measurement[];
}

export interface ScaleDecision {
  readonly replicas: number;
  /** One line for people: `cpu 92 % a replica of 70 %: 3 → 4`. */
  readonly reason: string;
  readonly memory: ScaleMemory;
}

/** Nothing is known yet: the rests begin now. */
export const freshMemory = (at: number): ScaleMemory => ({changedAt: at, wanted: []});

/**
 * How many replicas a service shall have. Always from min to max. The figure that wants most decides; a figure that is not
 * known never makes it fewer. Fewer only when no look of the window wanted as many as there are, and neither way while the
 * rest after the last change lasts.
 */
export function decide(rule: ScaleRule, look: Look, memory: ScaleMemory): ScaleDecision {
  const {at, replicas} = look;
  const within = Math.min(rule.max, Math.max(rule.min, replicas));
  if (within !== replicas) {
    const bound = replicas < rule.min ? `min is ${rule.min}` : `max is ${rule.max}`;
    return changed(look, within, bound, memory);
  }
  const views = targetsOf(rule).map(({figure, target}) => viewOf(figure, target, rule, look));
  const most = views.reduce<View | undefined>((a, b) => (a && a.wanted >= b.wanted ? a : b), undefined)!;
  const known = views.every(({wholly}) => wholly);
  const wanted = Math.min(rule.max, Math.max(rule.min, known ? most.wanted : Math.max(most.wanted, replicas)));
  const kept = remember(memory.wanted, {at, replicas: wanted}, rule.windowMs);
  const calm = {...memory, wanted: kept};
  const stay = (reason: string): ScaleDecision => ({replicas, reason, memory: calm});
  if (wanted > replicas) {
    const rests = memory.changedAt + rule.cooldown.upMs - at;
    if (rests > 0) return stay(`${most.text}: ${wanted} wanted, in ${seconds(rests)}`);
    return changed(look, wanted, most.text, calm);
  }
  if (!known) return stay(`stays: ${views.find(({wholly}) => !wholly)!.text}`);
  if (wanted === replicas) return stay(most.text);
  const highest = Math.min(replicas, kept[0]!.replicas);
  if (highest === replicas) return stay(`${most.text}: ${wanted} wanted, but ${replicas} a while ago`);
  const rests = memory.changedAt + rule.cooldown.downMs - at;
  if (rests > 0) return stay(`${most.text}: ${wanted} wanted, in ${seconds(rests)}`);
  return changed(look, highest, most.text, calm);
}

const changed = ({at, replicas: from}: Look, replicas: number, why: string, memory: ScaleMemory): ScaleDecision => ({
  replicas,
  reason: `${why}: ${from} → ${replicas}`,
  memory: {...memory, changedAt: at},
});

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)}s`;

interface View {
  readonly wanted: number;
  /** Whether it is known of every replica. */
  readonly wholly: boolean;
  readonly text: string;
}

function viewOf(figure: FigureName, target: number, rule: ScaleRule, {replicas, measurements}: Look): View {
  const measurement = measurements.find(each => each.figure === figure);
  if (!measurement || 'failed' in measurement)
    return {wanted: 0, wholly: false, text: `${figure} is not known${measurement ? `: ${measurement.failed}` : ''}`};
  const {total, unknown} = measurement;
  const unit = figure === 'cpu' || figure === 'memory' ? ' %' : figure === 'requests' ? '/s' : '';
  const text = `${measured(figure, total, replicas)} of ${target}${unit} a replica`;
  const near = Math.abs(total - target * replicas) <= rule.tolerance * target * replicas;
  // A hair above a whole number is not a replica more.
  const wanted = near ? replicas : Math.ceil(total / target - 1e-9);
  return unknown > 0
    ? {wanted, wholly: false, text: `${figure} of ${unknown} of ${replicas} replicas is not known`}
    : {wanted, wholly: true, text};
}

/** Without those that are too old, and those that a later one made needless. */
function remember(
  before: ScaleMemory['wanted'],
  now: ScaleMemory['wanted'][number],
  windowMs: number,
): ScaleMemory['wanted'] {
  return [...before.filter(({at, replicas}) => at > now.at - windowMs && replicas > now.replicas), now];
}
