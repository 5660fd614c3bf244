/** Which of the media types a client likes best (RFC 9110, 12.5.1); the first one when it does not say. */
export function preferred<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  const wishes = (accept ?? '').slice(0, 1000).split(',').map(wishOf);
  const weightOf = (type: string): number => {
    const fitting = wishes.filter(
      ({range}) => range === type || range === `${type.split('/')[0]}/*` || range === '*/*',
    );
    const closest = fitting.sort((a, b) => closeness(b.range) - closeness(a.range))[0];
    return closest?.weight ?? 0;
  };
  let best = offered[0];
  for (const type of offered) if (weightOf(type) > weightOf(best)) best = type;
  return best;
}

function wishOf(text: string): {readonly range: string; readonly weight: number} {
  const [range = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase());
  const weight = Number(parameters.find(part => part.startsWith('q='))?.slice(2) ?? 1);
  return {range, weight: Number.isFinite(weight) ? weight : 0};
}

const closeness = (range: string): number => (range === '*/*' ? 0 : range.endsWith('/*') ? 1 : 2);
