import {describe, expect, test} from 'vitest';
import type {ApplyResult} from '../../../src/engine/executor/events.ts';
import type {OperationRow} from '../../../src/engine/executor/run-rows.ts';
import {exitOfOutcome} from '../../../src/engine/spec/exit-codes.ts';
import {type ApplySummary, applyView} from '../../../src/engine/view/apply-view.ts';
import {eventJson} from '../../../src/engine/view/event-json.ts';
import {type Look, plainStyle} from '../../../src/engine/view/look.ts';
import {resultMarkdown} from '../../../src/engine/view/result-markdown.ts';

const look: Look = {style: plainStyle, columns: 120, now: new Date(0)};

const row = (title: string, outcome: OperationRow['outcome'], message?: string): OperationRow => ({
  id: title,
  title,
  outcome,
  durationMs: 1200,
  attempts: 1,
  undone: outcome === 'undone',
  ...(message !== undefined && {error: {code: 'unhealthy', message}}),
});
const rows = [
  row('start base 1 on h1', 'done'),
  row('replace web 1 on h1', 'failed', 'answers 404'),
  row('start other 1 on h2', 'skipped'),
];

const summary = (outcome: ApplyResult['outcome'], parts: Partial<ApplySummary> = {}): ApplySummary => ({
  outcome,
  action: 'apply',
  environment: 'staging',
  serial: 5,
  durationMs: 12_300,
  rows,
  next: ['niyanta ps --env staging'],
  ...parts,
});

const counts = ', environment staging (1 of 3 operations, 12.3s, serial 5).';

describe('each way in which a change ends has its own code and its own words', () => {
  test.each([
    ['unchanged', 0, 'Nothing to change, environment staging.'],
    ['applied', 0, `Applied${counts}`],
    ['failed', 1, `Failed${counts}`],
    ['partly-applied', 5, `Applied in part${counts}`],
    ['rolled-back', 6, `Failed and rolled back: what ran before runs again${counts}`],
    ['rollback-failed', 7, `Failed, and rolling back failed as well${counts}`],
    ['cancelled', 130, `Cancelled: what was begun has been ended cleanly${counts}`],
  ] as const)('%s: %i', (outcome, code, firstLine) => {
    expect(applyView.text(summary(outcome), look).split('\n')[0]).toBe(firstLine);
    expect(exitOfOutcome[outcome]).toBe(code);
    const result = {type: 'result', at: '2026-01-01T00:00:00Z', outcome, serial: 5, operations: []} as const;
    expect(eventJson(result)).toEqual({...result, exitCode: code});
  });

  test('no two ends look alike', () => {
    const outcomes = Object.keys(exitOfOutcome) as ApplyResult['outcome'][];
    const lines = outcomes.map(outcome => applyView.text(summary(outcome), look).split('\n')[0]);
    expect(new Set(lines).size).toBe(outcomes.length);
    const failing = outcomes.map(outcome => exitOfOutcome[outcome]).filter(code => code !== 0);
    expect(new Set(failing).size).toBe(failing.length);
  });
});

describe('the last lines of a change', () => {
  test('applied: what to type next', () => {
    expect(applyView.text(summary('applied', {rows: [rows[0]!]}), look)).toBe(
      'Applied, environment staging (1 of 1 operation, 12.3s, serial 5).\n  → niyanta ps --env staging',
    );
  });

  test('applied in part: what failed, what was done, what was not, and how to do the rest', () => {
    expect(applyView.text(summary('partly-applied'), look)).toBe(
      `Applied in part${counts}
  ✗ replace web 1 on h1: answers 404
  done:
    start base 1 on h1
  not done:
    start other 1 on h2
  → niyanta apply --env staging   does the rest; what is done is not done twice
  → niyanta apply --undo --env staging   takes back what it did`,
    );
  });

  test('rollback failed: what could not be taken back, where, and how to go on', () => {
    const leftovers = ['start base 1 on h1: h1 does not answer'];
    const text = applyView.text(summary('rollback-failed', {leftovers, environment: 'default'}), look);
    expect(text.split('\n').slice(1)).toEqual([
      '  ✗ replace web 1 on h1: answers 404',
      '  not taken back:',
      '    start base 1 on h1: h1 does not answer',
      '  → niyanta ps   says what runs now',
      '  → niyanta apply   brings it to what the files say',
      '  → niyanta apply --undo   takes back what it did',
    ]);
  });

  test('what was done and taken back is counted', () => {
    const taken = [row('start base 1 on h1', 'undone'), rows[1]!];
    expect(applyView.text(summary('failed', {rows: taken}), look).split('\n')[0]).toBe(
      'Failed, environment staging (0 of 2 operations, 1 taken back, 12.3s, serial 5).',
    );
  });

  test('a destroy that was cut short goes on as destroy, a rollback as whatever the files say', () => {
    expect(applyView.text(summary('partly-applied', {action: 'destroy'}), look)).toContain('→ niyanta destroy --env');
    expect(applyView.text(summary('cancelled', {action: 'rollback'}), look)).toContain('→ niyanta apply --env');
  });

  test('long lists are cut, and say by how much', () => {
    const many = Array.from({length: 40}, (_, i) => row(`start web ${i + 1} on h1`, 'done'));
    const text = applyView.text(summary('partly-applied', {rows: many}), look);
    expect(text.match(/start web/g)).toHaveLength(11);
    expect(text).toContain('    and 29 more');
  });

  test('in Markdown: failures with the end of their log, then every operation with its time', () => {
    const failed = {...rows[1]!, attempts: 3, log: ['no such file `x`', '```']};
    expect(resultMarkdown(summary('partly-applied', {rows: [rows[0]!, failed, rows[2]!]}))).toBe(
      `### Applied in part: environment \`staging\`

**1 of 3 operations** in 12.3s, serial 5.

**Failed**

\`\`\`\`text
replace web 1 on h1: answers 404
    | no such file \`x\`
    | \`\`\`
\`\`\`\`

**Next**

\`\`\`text
niyanta apply --env staging   does the rest; what is done is not done twice
niyanta apply --undo --env staging   takes back what it did
\`\`\`

<details><summary>Every operation</summary>

\`\`\`text
done         1.2s  start base 1 on h1
failed       1.2s  replace web 1 on h1, 3 attempts
skipped      1.2s  start other 1 on h2
\`\`\`

</details>`,
    );
  });
});
