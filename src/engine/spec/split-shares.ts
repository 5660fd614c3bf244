import {UserError} from './errors.ts';

/**
 * `blue=90 green=10` → 10: the percent that the new replicas get. blue is old, green is new; of the one that is not given,
 * what is left. Errors: UserError `split-invalid`.
 */
export function parseSplit(words: readonly string[]): number {
  const shares = new Map<'old' | 'new', number>();
  for (const word of words) {
    const match = /^(blue|old|green|new)=(\d+(?:\.\d+)?)%?$/.exec(word);
    if (!match) throw invalid(`${JSON.stringify(word)} is not a share`);
    const side = match[1] === 'blue' || match[1] === 'old' ? 'old' : 'new';
    if (shares.has(side)) throw invalid(`${side === 'old' ? 'blue (old)' : 'green (new)'} is given twice`);
    shares.set(side, Number(match[2]));
  }
  const fresh = shares.get('new') ?? 100 - (shares.get('old') ?? 100);
  const old = shares.get('old') ?? 100 - fresh;
  if (shares.size === 0) throw invalid('no share is given');
  if (old + fresh !== 100) throw invalid(`blue and green together are ${old + fresh}%, not 100%`);
  if (fresh < 0 || fresh > 99)
    throw invalid(`green cannot be ${fresh}%: everything to the new ones is \`niyanta release promote\``);
  return fresh;
}

const invalid = (message: string): UserError =>
  new UserError({code: 'split-invalid', message, hint: 'For example: niyanta route split web blue=90 green=10'});
