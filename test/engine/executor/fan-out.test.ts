import fc from 'fast-check';
import {expect, test} from 'vitest';
import {FanOut, type Site} from '../../../src/engine/executor/fan-out.ts';

const never = new AbortController().signal;
const site = (number: number, region?: string): Site => ({host: `h${number}`, region, address: `10.0.0.${number}`});

/** Every site is supplied; transfers end one after another, in an order of chance. Returns who had it from whom. */
async function supplyAll(
  fanOut: FanOut,
  sites: readonly Site[],
  pick: (count: number) => number,
  fails: ReadonlySet<string>,
) {
  const running: {readonly to: Site; readonly from?: Site; end(): void}[] = [];
  const from = new Map<string, string>();
  const takers = new Map<string, number>();
  let most = 0;
  const all = sites.map(async to => {
    const supply = await fanOut.supply(to, never);
    const giver = supply.from?.host;
    from.set(to.host, giver ?? 'here');
    if (giver) takers.set(giver, (takers.get(giver) ?? 0) + 1);
    most = Math.max(most, ...takers.values());
    await new Promise<void>(resolve => running.push({to, from: supply.from, end: resolve}));
    if (giver) takers.set(giver, takers.get(giver)! - 1);
    supply.ended(!fails.has(to.host));
  });
  let left = sites.length;
  while (left > 0) {
    await new Promise(resolve => setImmediate(resolve));
    expect(running.length, 'someone waits for nobody').toBeGreaterThan(0);
    running.splice(pick(running.length), 1)[0]!.end();
    left -= 1;
  }
  await Promise.all(all);
  return {from, most};
}

test('one host a region gets it from here, all others from a host of theirs, two at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({min: 1, max: 12}),
      fc.constantFrom(1, 2, 3),
      fc.infiniteStream(fc.nat()),
      async (count, regions, chance) => {
        const sites = Array.from({length: count}, (_, n) => site(n + 1, `r${n % regions}`));
        const pick = (among: number) => (chance.next().value as number) % among;
        const {from, most} = await supplyAll(new FanOut([]), sites, pick, new Set());
        const here = sites.filter(({host}) => from.get(host) === 'here');
        expect(here.length).toBe(Math.min(count, regions));
        expect(new Set(here.map(({region}) => region)).size).toBe(here.length);
        expect(most).toBeLessThanOrEqual(2);
      },
    ),
  );
});

test('hosts that have it already give it, and nothing leaves this machine', async () => {
  const {from} = await supplyAll(new FanOut([site(9)]), [site(1), site(2), site(3)], () => 0, new Set());
  expect([...from.values()]).not.toContain('here');
});

test('when the first transfer fails, the next host gets it from here', async () => {
  const {from} = await supplyAll(new FanOut([]), [site(1), site(2)], () => 0, new Set(['h1']));
  expect(from).toEqual(
    new Map([
      ['h1', 'here'],
      ['h2', 'here'],
    ]),
  );
});

test('a host that others do not reach gets it from here and gives it to nobody', async () => {
  const alone: Site = {host: 'alone'};
  const {from} = await supplyAll(new FanOut([]), [alone, site(1)], () => 0, new Set());
  expect([...from.values()]).toEqual(['here', 'here']);
});

test('who waits ends with the signal', async () => {
  const fanOut = new FanOut([]);
  await fanOut.supply(site(1), never);
  const stop = new AbortController();
  const waiting = fanOut.supply(site(2), stop.signal);
  stop.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
});
