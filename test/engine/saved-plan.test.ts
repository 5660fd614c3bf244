import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Plan} from '../../src/engine/planner/plan.ts';
import {loadPlan, type PlanRequest, savePlan} from '../../src/engine/saved-plan.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'niyanta-plan-'));
});
afterAll(() => rm(folder, {recursive: true}));

const plan: Plan = {
  version: 1,
  project: 'p',
  stack: 's',
  environment: 'default',
  purpose: 'apply',
  serial: 3,
  fingerprint: 'sha256:0',
  operations: [],
  placements: [],
  drift: [],
  interruption: [],
  bytes: 0,
  summary: {create: 0, update: 0, replace: 0, delete: 0},
  warnings: [],
  subnets: {},
};
const request: PlanRequest = {env: 'default', file: ['a.yaml'], pull: true, locked: false};

test('a plan that was saved is read back as it was, with how it was asked for', async () => {
  const path = join(folder, 'p.json');
  await savePlan(plan, {...request, out: path, json: false} as PlanRequest, path);
  const saved = await loadPlan(path);
  expect(saved.plan).toEqual(plan);
  expect(saved.request).toEqual(request);
});

test('a plan of standard input is not saved: it could not be read again', async () => {
  await expect(savePlan(plan, {...request, file: ['-']}, join(folder, 'q.json'))).rejects.toMatchObject({
    code: 'plan-of-stdin',
  });
});

test.each([
  ['of a key', (text: string) => text.replace('"serial": 3', '"serial": 4')],
  ['of the request', (text: string) => text.replace('a.yaml', 'b.yaml')],
  ['of a bracket', (text: string) => text.replace('{', '')],
  ['of the checksum', (text: string) => text.replace(/"sha256:[0-9a-f]{64}"/, '"sha256:1"')],
])('a change %s is noticed', async (_, spoil) => {
  const path = join(folder, 'r.json');
  await savePlan(plan, request, path);
  await writeFile(path, spoil(await readFile(path, 'utf8')));
  await expect(loadPlan(path)).rejects.toMatchObject({code: 'plan-file-invalid', exit: 64});
});
