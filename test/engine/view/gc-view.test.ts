import {expect, test} from 'vitest';
import {orphanChecks} from '../../../src/engine/doctor-orphans.ts';
import type {GcPlan, Orphan} from '../../../src/engine/planner/gc/gc-plan.ts';
import {OutsideError} from '../../../src/engine/spec/errors.ts';
import {gcEndView, gcPlanView, removedLines} from '../../../src/engine/view/gc-view.ts';
import {type Look, plainStyle} from '../../../src/engine/view/look.ts';

const look: Look = {style: plainStyle, columns: 80, now: new Date('2026-01-01')};
const container: Orphan = {
  kind: 'container',
  host: 'h1',
  environment: 'gone',
  id: 'shop-gone-web-1-00000a',
  what: 'container shop-gone-web-1-00000a',
  reason: 'no state knows environment gone',
};
const image: Orphan = {
  kind: 'image',
  host: 'h2',
  name: 'web:1\u001b[2J',
  digest: 'sha256:aa',
  what: 'image web:1\u001b[2J',
  reason: 'of no container, of none of the last 3 releases, older than 30 days',
  bytes: 1536,
};
const plan: GcPlan = {
  project: 'demo',
  serial: 7,
  remove: [container, image],
  kept: [
    {host: 'h1', folder: 'demo.shop.gone/data', what: 'volume demo.shop.gone/data', why: 'it has data', bytes: 4096},
  ],
  others: [{host: 'h1', project: 'other', containers: 2}],
  unreachable: [{host: 'h3', error: 'no route to host'}],
};
const nothing: GcPlan = {...plan, remove: [], kept: [], others: [], unreachable: []};

test('the plan tells by host what goes, what stays, and whom it could not ask', () => {
  const text = gcPlanView.text(plan, look);
  expect(text).toMatchInlineSnapshot(`
    "h1
      - container shop-gone-web-1-00000a: no state knows environment gone
        volume demo.shop.gone/data (4 KiB) stays: it has data
        2 containers of project other: never touched

    h2
      - image web:1\\e[2J (1.5 KiB): of no container, of none of the last 3 releases,
        older than 30 days

    h3
      ! left out: no route to host

    2 things to remove, up to 1.5 KiB."
  `);
  expect(text.split('\n').every(line => line.length <= 80)).toBe(true);
});

test('nothing to remove is said so', () => expect(gcPlanView.text(nothing, look)).toBe('Nothing to remove.'));

test('its JSON has the sum of the bytes, and nothing of how it is done', () => {
  expect(gcPlanView.json!(plan)).toMatchObject({
    project: 'demo',
    bytes: 1536,
    remove: [
      {host: 'h1', kind: 'container', environment: 'gone', what: container.what, reason: container.reason},
      {host: 'h2', kind: 'image', bytes: 1536},
    ],
  });
});

test('the end tells what failed, what is left and what was freed', () => {
  const error = new OutsideError({code: 'command-failed', message: 'h2: could not remove images', hint: 'Look.'});
  const end = {plan, removed: [container], failed: [{host: 'h2', orphans: [image], error}], freed: 2048};
  expect(gcEndView.text(end, look)).toBe(
    '✗ 1 thing left on h2: h2: could not remove images\n  → Look.\nRemoved 1 thing, freed 2 KiB.',
  );
  expect(gcEndView.text({...end, failed: []}, look)).toBe(
    'Removed 1 thing, freed 2 KiB; 1 other had gone, or had come to be used.',
  );
  expect(gcEndView.json!(end)).toMatchObject({
    removed: [{kind: 'container'}],
    failed: [{host: 'h2', orphans: [{kind: 'image'}], error: {code: 'command-failed', hint: 'Look.'}}],
    freed: 2048,
  });
  expect(removedLines([container])).toEqual(['removed from h1: container shop-gone-web-1-00000a']);
});

test('what lies beside the volumes is told with its age', () => {
  const aside = {
    host: 'h1',
    folder: '.aside/demo.shop.default.data.old-00000a',
    what: 'data that was replaced in volume demo.shop.default/data (.aside/demo.shop.default.data.old-00000a)',
    bytes: 4096,
    ageMs: 191_000_000,
  };
  const orphan: Orphan = {...aside, kind: 'aside', environment: 'default', reason: 'the volume has other data since'};
  const kept = {...aside, why: 'it goes when it is 7d old'};
  const text = gcPlanView.text({...nothing, remove: [orphan], kept: [kept]}, look).replace(/\s+/g, ' ');
  expect(text).toContain(`- ${aside.what} (4 KiB, 2d5h old): the volume has other data since`);
  expect(text).toContain(`${aside.what} (4 KiB, 2d5h old) stays: it goes when it is 7d old`);
  expect(gcPlanView.json!({...plan, remove: [orphan]})).toMatchObject({remove: [{kind: 'aside', ageMs: 191_000_000}]});
  const [check] = orphanChecks({...nothing, kept: [kept]}, ['h1']);
  expect(check).toMatchObject({status: 'warning', found: `${aside.what}, 2d5h old`});
});

test('doctor has a check for each host that answered', () => {
  const checks = orphanChecks(plan, ['h1', 'h2', 'h3', 'h4']);
  expect(checks.map(({subject, status}) => [subject, status])).toEqual([
    ['host h1', 'warning'],
    ['host h2', 'warning'],
    ['host h4', 'ok'],
  ]);
  expect(checks[0]).toMatchObject({
    found: 'container shop-gone-web-1-00000a, volume demo.shop.gone/data',
    fix: 'niyanta gc',
  });
});
