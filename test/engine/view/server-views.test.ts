import {expect, test} from 'vitest';
import type {Schemas} from '../../../src/engine/client/api-client.ts';
import {auditView} from '../../../src/engine/view/audit-view.ts';
import {type Look, plainStyle} from '../../../src/engine/view/look.ts';
import {keysView, schedulesView} from '../../../src/engine/view/server-views.ts';

const look: Look = {style: plainStyle, columns: 120, now: new Date('2026-03-10T12:00:00Z')};

const key = (parts: Partial<Schemas['Key']>): Schemas['Key'] => ({
  id: 'k1',
  prefix: 'abc',
  role: 'customer',
  createdAt: '2026-03-01T00:00:00.000Z',
  ...parts,
});

test.each([
  [{}, /customer$/],
  [{scopes: ['workloads:read']}, /workloads:read$/],
  [{expiresAt: '2026-03-10T13:30:00.000Z'}, /until 2026-03-10 13:30$/],
  [{expiresAt: '2026-05-10T13:30:00.000Z'}, /until 2026-05-10$/],
  [{expiresAt: '2026-03-10T11:30:00.000Z'}, /expired$/],
  [{expiresAt: '2026-05-10T13:30:00.000Z', revokedAt: '2026-03-10T11:00:00.000Z'}, /revoked$/],
])('a key with %j says so', (parts, line) => {
  expect(keysView.text({items: [key(parts)]}, look).split('\n')[1]).toMatch(line);
});

test('a schedule of versions shows them with their weights', () => {
  const schedule = {
    id: 's1',
    customer: 'acme',
    name: 'nightly',
    cron: '0 3 * * *',
    timeZone: 'UTC',
    missed: 'skip',
    suspended: false,
    createdAt: '2026-03-01T00:00:00.000Z',
    firedUntil: '2026-03-01T00:00:00.000Z',
    spec: {},
    inputs: {},
  } as const;
  const versions = [
    {version: 'v1', weight: 90},
    {version: 'v2', weight: 10},
  ];
  expect(schedulesView.text({items: [{...schedule, versions}]}, look)).toContain('v1=90,v2=10');
  expect(schedulesView.text({items: [schedule]}, look)).not.toContain('VERSIONS');
});

test('the audit fits 80 columns, and what people wrote cannot move the cursor', () => {
  const event = {
    seq: 7,
    at: '2026-03-10T11:59:59.000Z',
    type: 'workload.state',
    from: 'PENDING',
    to: 'CANCELLED',
    customer: 'acme',
    workload: '019aa8f2-6c1e-7b3a-9c55-0d6f3f0e8a11',
    actor: {name: 'key:9axx22vwepwt', request: 'r1'},
    data: {reason: `no\u001b[2J${'x'.repeat(200)}`},
  } as const;
  const text = auditView.text({items: [event], next: '7'}, {...look, columns: 80});
  expect(text).toMatch(/^earlier ones: --before 7\nTIME .*\n2026-03-10 11:59:59 {2}workload CANCELLED {2}key:/);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(text).not.toContain('\u001b');
  expect(auditView.text({items: []}, look)).toBe('No events.');
});
