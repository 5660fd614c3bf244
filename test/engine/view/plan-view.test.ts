import stringWidth from 'string-width';
import {describe, expect, test} from 'vitest';
import {ansiStyle, type Look, plainStyle} from '../../../src/engine/view/look.ts';
import {planMarkdown} from '../../../src/engine/view/plan-markdown.ts';
import {planView} from '../../../src/engine/view/plan-view.ts';
import {container, emptyPlan, samplePlan} from './sample-plan.ts';

const look: Look = {style: plainStyle, columns: 80, now: new Date('2026-01-01T00:00:00Z')};

describe('a plan as text', () => {
  test('groups by service, says what and why, and counts last', () => {
    expect(planView.text(samplePlan, look)).toBe(
      `
Plan shop  environment staging, serial 4

hosts
  +   scripts of niyanta on h1, h2: not installed
  ~   names of services on h1: replicas of backend changed

db
  +   volume db-data on h1: new

backend
  +   image shop/backend:1.4 on h1, h2: not on the host, 124 MiB
  -/+ backend 1 on h1: image changed
      image                shop/backend:1.3 → shop/backend:1.4
      env.DATABASE_URL     postgres://app:\${secret:db_password}@db:5432/app →
                           postgres://app:\${secret:db_password}@db:5432/app?sslm
                           ode=disable
      secrets.db_password  (secret) changed
      resources.memory     256 MiB → 512 MiB
      env.GREETING         "Žaliuokim 你好 👩‍👩‍👧"
      env.OLD              x → (none)
      health.interval      1s → 1m30s
      image, env.DATABASE_URL, secrets.db_password, resources.memory,
      env.GREETING, env.OLD need a new container
      moves from h3; the new one starts first, the old one stops once it is
      healthy
      placed: spread over host
  +   backend 2 on h2; 3 on h1: new replica
      placed: spread over host
      not on h3: needs disk=ssd, has disk=hdd

old
  -   old 1 on h3: no longer in the stack

Drift: changed by someone else
  ! backend 1 on h3: stopped

Interruption expected
  db for about 12s: its volume allows one replica at a time

Warnings
  ! host h4 does not answer and was left out

Plan: 5 to create, 1 to update, 1 to replace, 1 to delete; 124 MiB to transfer.
`.trim(),
    );
  });

  test('of a hundred services with many replicas on many hosts has a line for what is the same', () => {
    const services = Array.from({length: 100}, (_, s) => `service-${s}`);
    const operations = services.flatMap(service =>
      [1, 2, 3, 4, 5].map(replica =>
        container({
          id: `${service}/${replica}`,
          service,
          replica,
          host: `h${replica}`,
          reason: 'image changed',
          changes: [{path: 'image', from: 'a:1', to: 'a:2', forces: true}],
        }),
      ),
    );
    const rejected = [6, 7, 8].map(n => ({host: `h${n}`, reason: 'in drain'}));
    const placements = operations.map(({service, replica, host}) => ({
      service: service!,
      replica: replica!,
      host,
      because: 'spread over host',
      rejected,
    }));
    const lines = planView.text({...emptyPlan, operations, placements}, look).split('\n');
    expect(lines.slice(2, 9)).toEqual([
      'service-0',
      '  +   service-0 1 on h1; 2 on h2; 3 on h3; 4 on h4; 5 on h5: image changed',
      '      image  a:1 → a:2',
      '      this needs a new container',
      '      placed: spread over host',
      '      not on h6, h7, h8: in drain',
      '',
    ]);
    expect(lines).toHaveLength(2 + 100 * 7 + 1);
  });

  test('says how many replicas there were and will be', () => {
    const operations = [container({service: 'web', replica: 4, reason: 'new replica'})];
    const replicas = [{service: 'web', from: 3, to: 5}];
    expect(planView.text({...emptyPlan, operations, replicas}, look)).toContain('web  replicas 3 → 5\n  +   web 4');
    expect(planView.json!({...emptyPlan, replicas})).toMatchObject({replicas});
    expect(planView.text({...emptyPlan, replicas}, look)).toContain(
      'Nothing to change on the hosts; to be noted: web replicas 3 → 5.',
    );
    expect(planMarkdown({...emptyPlan, operations, replicas})).toContain('1 to create, replicas 3 → 5');
  });

  test('says so when there is nothing to do', () => {
    expect(planView.text(emptyPlan, look)).toBe(
      'Plan shop  environment staging, serial 4\n\nNothing to change: everything runs as described.',
    );
  });

  test.each([80, 60, 40])('stays within %i columns', columns => {
    const lines = planView.text(samplePlan, {...look, columns}).split('\n');
    // The counts are one line, whatever happens: scripts and eyes look for them there.
    const tooWide = lines.slice(0, -1).filter(line => stringWidth(line) > columns);
    expect(tooWide).toEqual([]);
  });

  test('colours change nothing but colours', () => {
    const coloured = planView.text(samplePlan, {...look, style: ansiStyle});
    expect(coloured).toContain('\u001b[32m');
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(planView.text(samplePlan, look));
  });

  test('a value that tries to draw on the terminal is shown as an escape', () => {
    const evil = 'x\u001b[2J\u0007\r\u009b1A\u202e\nPlan: 0 to delete.';
    const operation = container({
      service: evil,
      replica: 1,
      host: evil,
      reason: evil,
      changes: [{path: `env.${evil}`, from: evil, to: evil, forces: true}],
    });
    const text = planView.text({...emptyPlan, stack: evil, operations: [operation], warnings: [evil]}, look);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.split('\n').filter(line => line.startsWith('Plan:'))).toHaveLength(1);
  });

  test('a thousand replicas that change alike are one line of reasons', () => {
    const operations = Array.from({length: 1000}, (_, i) =>
      container({id: `c${i}`, service: 'web', replica: i + 1, host: `h${i % 3}`, reason: 'new replica'}),
    );
    const text = planView.text({...emptyPlan, operations}, {...look, columns: Number.POSITIVE_INFINITY});
    expect(text.match(/new replica/g)).toHaveLength(1);
  });
});

describe('a plan as JSON', () => {
  const json = JSON.parse(JSON.stringify(planView.json?.(samplePlan)));

  test('has the documented keys', () => {
    expect(Object.keys(json).sort()).toEqual([
      'bytes',
      'drift',
      'environment',
      'interruption',
      'operations',
      'placements',
      'purpose',
      'serial',
      'summary',
      'warnings',
    ]);
    expect(json.operations[7]).toEqual({
      id: 'backend/3',
      kind: 'container',
      action: 'create',
      service: 'backend',
      replica: 3,
      host: 'h1',
      reason: 'new replica',
      changes: [],
      after: [],
    });
  });

  test('masks fingerprints of secrets', () => {
    expect(JSON.stringify(json)).not.toContain('hash-one');
    expect(json.operations[5].changes[2]).toEqual({
      path: 'secrets.db_password',
      from: '(secret)',
      to: '(secret)',
      forces: true,
    });
  });
});
