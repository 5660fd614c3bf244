import fc from 'fast-check';
import {expect, test} from 'vitest';
import {planGc} from '../../../src/engine/planner/gc/plan-gc.ts';
import {
  aside,
  bridgeOf,
  container,
  copy,
  day,
  digestOf,
  host,
  hour,
  image,
  inputOf,
  lockOf,
  now,
  state,
  volume,
  without,
} from './gc-world.ts';

const placed = (id: string) => ({web: [{replica: 1, host: 'h1', address: '10.89.3.7', container: id, ports: []}]});

const anyOf = fc.record({
  project: fc.constantFrom('demo', 'demo', 'other'),
  stack: fc.constantFrom('shop', 'old'),
  environment: fc.constantFrom('default', 'staging', 'gone', 'theirs'),
});
const letter = fc.constantFrom('a', 'b', 'c', 'd');
const anyHost = fc
  .record({
    containers: fc.uniqueArray(
      fc.record({of: anyOf, nth: fc.integer({min: 1, max: 3}), image: letter, young: fc.boolean()}),
      {
        maxLength: 6,
        selector: ({of, nth}) => `${of.project} ${of.stack}-${of.environment}-${nth}`,
      },
    ),
    volumes: fc.uniqueArray(fc.record({of: anyOf, empty: fc.boolean()}), {
      maxLength: 4,
      selector: ({of}) => JSON.stringify(of),
    }),
    aside: fc.uniqueArray(
      fc.record({
        of: anyOf,
        what: fc.constantFrom('replaced', 'arriving', 'trial'),
        ageMs: fc.constantFrom(0, 2 * hour, 8 * day),
      }),
      {maxLength: 4, selector: ({of, what}) => JSON.stringify([of, what])},
    ),
    images: fc.uniqueArray(letter, {maxLength: 4}),
    copies: fc.uniqueArray(fc.record({of: anyOf, ours: fc.boolean()}), {
      maxLength: 3,
      selector: ({of}) => of.environment + of.project,
    }),
    fences: fc.uniqueArray(
      anyOf.map(({project, environment}) => `${project}.${environment}`),
      {maxLength: 4},
    ),
    bridges: fc.uniqueArray(anyOf.map(bridgeOf), {maxLength: 4}),
  })
  .map(any =>
    host({
      containers: any.containers.map(({of, nth, image: of1, young}, index) =>
        container({
          ...of,
          image: of1,
          id: `${of.stack}-${of.environment}-web-${nth}-00000${index}`,
          ageMs: young ? 0 : day,
        }),
      ),
      volumes: any.volumes.map(({of, empty}) => volume(of, {empty})),
      aside: any.aside.map(({of, what, ageMs}) => aside(of, {what, ageMs})),
      images: any.images.map(of => image(of)),
      copies: any.copies.map(({of, ours}) => copy({...of, ...(ours ? {} : {salt: 'dGhlaXJz'})})),
      fences: ['demo.default', ...any.fences],
      networks: Object.fromEntries(any.bridges.map(bridge => [bridge, day])),
    }),
  );

test('nothing that the state knows, nothing of others and no data is ever in the plan, and a second one is empty', () => {
  fc.assert(
    fc.property(anyHost, fc.boolean(), (one, data) => {
      const ids = one.observed.containers.map(each => each.id).filter((_, index) => index % 2 === 0);
      const lock = lockOf({
        default: state({placements: {web: ids.map((each, index) => ({...placed(each).web[0]!, replica: index + 1}))}}),
        staging: state({images: {web: {digest: digestOf('b'), resolvedAt: now.toISOString()}}}),
      });
      const wishes = data ? {volumes: ['gone']} : {};
      const {remove} = planGc(inputOf(lock, [one], wishes));
      const foreign = new Set(
        one.copies.flatMap(({project, salt, environment}) =>
          project === 'demo' && salt === 'dGhlaXJz' && !(environment in lock.environments) ? [environment] : [],
        ),
      );
      for (const orphan of remove) {
        expect(orphan.environment === undefined || !foreign.has(orphan.environment)).toBe(true);
        if (orphan.kind === 'container') {
          const {manifest} = one.observed.containers.find(each => each.id === orphan.id)!;
          expect(manifest!.spec.project).toBe('demo');
          expect(manifest!.createdAt < now.toISOString()).toBe(true);
          if (manifest!.spec.environment === 'default' && manifest!.spec.stack === 'shop')
            expect(ids).not.toContain(orphan.id);
        }
        if (orphan.kind === 'volume') {
          expect(orphan.folder).toMatch(/^demo\./);
          expect(orphan.empty || (data && orphan.environment === 'gone')).toBe(true);
        }
        if (orphan.kind === 'aside') {
          expect(orphan.folder).toMatch(/^\.aside\/demo\./);
          const {what, volume: of, ageMs} = one.house.aside.find(({folder}) => folder === orphan.folder)!;
          expect(ageMs).toBeGreaterThan(hour);
          // Never the only copy.
          if (what === 'replaced' && !(data && orphan.environment === 'gone')) {
            expect(one.house.volumes).toContainEqual(expect.objectContaining({folder: of, empty: false}));
            expect(ageMs).toBeGreaterThan(7 * day);
          }
        }
        if (orphan.kind === 'copy') expect(orphan.name).toMatch(/^demo\./);
        if (orphan.kind === 'fence') expect(orphan.scope).toMatch(/^demo\.(gone|theirs)$/);
        if (orphan.kind === 'image') {
          expect(orphan.digest).not.toBe(digestOf('b'));
          const staying = one.observed.containers.filter(
            each => !remove.some(o => o.kind === 'container' && o.id === each.id),
          );
          expect(staying.map(each => each.manifest!.spec.image.digest)).not.toContain(orphan.digest);
        }
      }
      // Networks and images of what has just gone may follow; then nothing does.
      const after = without(one, remove);
      const again = planGc(inputOf(lock, [after], wishes)).remove;
      expect(again.every(({kind}) => kind === 'network' || kind === 'image')).toBe(true);
      expect(planGc(inputOf(lock, [without(after, again)], wishes)).remove).toEqual([]);
    }),
    {numRuns: 300},
  );
});
