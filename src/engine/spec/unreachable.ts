import {z} from 'zod';

/** How many hosts a change may go on without: a number of hosts, or a part of them. */
export type UnreachableLimit = {readonly hosts: number} | {readonly percent: number};

const wrong = 'is neither a number of hosts, such as 2, nor a part of them, such as 10%';

/** `2` or `10%`; undefined when it is neither. */
export function parseUnreachableLimit(written: string | number): UnreachableLimit | undefined {
  const match = /^(\d{1,6})(%?)$/.exec(String(written).trim());
  if (!match) return undefined;
  const figure = Number(match[1]);
  if (match[2] !== '%') return {hosts: figure};
  return figure <= 100 ? {percent: figure} : undefined;
}

/** The limit among `total` hosts. A part is rounded down: 10% of 9 hosts is none. */
export const hostsOf = (limit: UnreachableLimit, total: number): number =>
  'hosts' in limit ? limit.hosts : Math.floor((limit.percent * total) / 100);

export const tooManyUnreachable = (found: number, allowed: number): string =>
  `${found} hosts are unreachable, and at most ${allowed} may be left out (maxUnreachable)`;

export const maxUnreachableSchema = z.union([z.string(), z.int().min(0)]).transform((written, context) => {
  const limit = parseUnreachableLimit(written);
  if (limit) return limit;
  context.addIssue(wrong);
  return z.NEVER;
});
