import {readdirSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {z} from 'zod';
import {metricTable} from '../../src/engine/telemetry/metrics/metric-table.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const docs = read('docs/OBSERVABILITY.md');

test('the documentation has every metric as it is', () => {
  const rows = read('docs/METRICS.md')
    .split('\n')
    .filter(line => line.startsWith('| `niyanta_'));
  expect(rows).toEqual(
    Object.entries(metricTable).map(
      ([name, {kind, labels, scope, help}]) =>
        `| \`${name}\` | ${kind} | ${labels.join(', ') || '–'} | ${scope} | ${help} |`,
    ),
  );
});

const rules = parse(read('deploy/prometheus/alerts.yaml')) as {
  groups: {rules: {alert: string; expr: string; annotations: {runbook: string}}[]}[];
};
const alerts = rules.groups.flatMap(group => group.rules);

test.each(alerts.map(rule => [rule.alert, rule] as const))('%s says what to do', (alert, {annotations}) => {
  expect(docs).toMatch(new RegExp(`^### ${alert}\n\\S`, 'm'));
  expect(annotations.runbook).toBe(`docs/OBSERVABILITY.md#${alert.toLowerCase()}`);
});

/** What Grafana's dashboards are made of, as far as these use it. */
const datasource = z.strictObject({type: z.literal('prometheus'), uid: z.literal('${datasource}')});
const panel = z.strictObject({
  id: z.int(),
  title: z.string().min(1),
  description: z.string(),
  type: z.enum(['stat', 'timeseries']),
  datasource,
  gridPos: z.strictObject({x: z.int().max(18), y: z.int(), w: z.int(), h: z.int()}),
  fieldConfig: z.strictObject({
    defaults: z.strictObject({unit: z.string(), min: z.literal(0)}),
    overrides: z.array(z.never()),
  }),
  targets: z
    .array(z.strictObject({refId: z.string(), datasource, expr: z.string().min(1), legendFormat: z.string()}))
    .min(1),
});
const dashboard = z.looseObject({
  uid: z.string().regex(/^niyanta-[a-z]+$/),
  title: z.string(),
  schemaVersion: z.int().min(36),
  templating: z.strictObject({list: z.array(z.looseObject({name: z.string(), type: z.string()})).min(1)}),
  panels: z.array(panel).min(1),
});

const files = readdirSync(new URL('../../deploy/grafana/', import.meta.url));
const loaded = files.map(file => [file, dashboard.parse(JSON.parse(read(`deploy/grafana/${file}`)))] as const);

test.each(loaded)('%s: no panel lies on another, each variable is declared', (_, {panels, templating}) => {
  const taken = new Set<string>();
  for (const {gridPos: at} of panels)
    for (let x = at.x; x < at.x + at.w; x++)
      for (let y = at.y; y < at.y + at.h; y++) {
        expect(taken.has(`${x},${y}`)).toBe(false);
        taken.add(`${x},${y}`);
      }
  const known = [...templating.list.map(({name}) => name), '__rate_interval'];
  for (const {targets} of panels)
    for (const {expr} of targets) for (const [, name] of expr.matchAll(/\$(\w+)/g)) expect(known, expr).toContain(name);
});

test('dashboards and alerts ask for metrics that there are, with labels that they have', () => {
  const exprs = [
    ...alerts.map(({expr}) => expr),
    ...loaded.flatMap(([, {panels}]) => panels.flatMap(({targets}) => targets.map(({expr}) => expr))),
  ];
  const asked = exprs.flatMap(expr => [...expr.matchAll(/(niyanta_\w+)(?:\{([^}]*)\})?/g)]);
  for (const [text, name = '', labels = ''] of asked) {
    const known = metricTable[name.replace(/_(bucket|count|sum)$/, '') as keyof typeof metricTable];
    expect(known, text).toBeDefined();
    for (const [, label = ''] of labels.matchAll(/(\w+)\s*(?:=|!)/g))
      expect(['job', 'instance', ...known.labels], text).toContain(label);
  }
  expect(asked.length).toBeGreaterThan(60);
});
