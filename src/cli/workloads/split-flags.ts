import {Flags} from '@oclif/core';
import {UserError} from '../../engine/spec/errors.ts';

export const splitFlags = {
  split: Flags.string({
    summary:
      'Submit one of the versions in the files, by weight, for example v1=90,v2=10; with a schedule, one each time.',
    helpValue: 'VERSION=WEIGHT,…',
    exclusive: ['after'],
  }),
  key: Flags.string({
    summary: 'With --split: the same key always gets the same version.',
    helpValue: 'KEY',
    dependsOn: ['split'],
  }),
};

/** `v1=90,v2=10`. Errors: UserError `split-invalid`. */
export function splitOf(text: string, key: string | undefined) {
  const weights = new Map<string, number>();
  for (const part of text.split(',')) {
    const [version = '', weight = '', ...more] = part.split('=');
    const number = Number(weight);
    if (version === '' || weight === '' || more.length > 0 || !(number >= 0 && number <= 1_000_000))
      throw invalid(text);
    weights.set(version, number);
  }
  if (![...weights.values()].some(weight => weight > 0)) throw invalid(text);
  return {weights, ...(key !== undefined && {key})};
}

const invalid = (text: string): UserError =>
  new UserError({
    code: 'split-invalid',
    message: `--split ${text} gives no weights`,
    hint: 'Write --split v1=90,v2=10',
  });
