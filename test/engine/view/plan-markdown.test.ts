import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Plan} from '../../../src/engine/planner/plan.ts';
import {code, htmlCode} from '../../../src/engine/view/markdown.ts';
import {MARKDOWN_LIMIT, planMarkdown} from '../../../src/engine/view/plan-markdown.ts';
import {container, emptyPlan, samplePlan} from './sample-plan.ts';

describe('a plan for a pull request', () => {
  test('has counts first, then what needs a look, then each service folded', () => {
    expect(planMarkdown(samplePlan)).toBe(
      `
<!-- niyanta plan shop staging -->
### Plan: \`shop\`, environment \`staging\`

**5 to create, 1 to update, 1 to replace, 1 to delete**; 124 MiB to transfer. Made of the state with serial 4.

**Drift: changed by someone else**

\`\`\`diff
! backend 1 on h3: stopped
\`\`\`

**Warnings**

\`\`\`text
host h4 does not answer and was left out
\`\`\`

**Interruption expected**

\`\`\`text
db for about 12s: its volume allows one replica at a time
\`\`\`

|  | create | update | replace | delete |
| --- | ---: | ---: | ---: | ---: |
| hosts | 2 | 1 |  |  |
| \`db\` | 1 |  |  |  |
| \`backend\` | 4 |  | 1 |  |
| \`old\` |  |  |  | 1 |

<details><summary>hosts: 2 to create, 1 to update</summary>

\`\`\`diff
+ scripts of niyanta on h1, h2: not installed
! ~ names of services on h1: replicas of backend changed
\`\`\`

</details>

<details><summary><code>db</code>: 1 to create</summary>

\`\`\`diff
+ volume db-data on h1: new
\`\`\`

</details>

<details><summary><code>backend</code>: 4 to create, 1 to replace</summary>

\`\`\`diff
+ image shop/backend:1.4 on h1, h2: not on the host, 124 MiB
! -/+ backend 1 on h1: image changed
-     image: shop/backend:1.3
+     image: shop/backend:1.4
-     env.DATABASE_URL: postgres://app:\${secret:db_password}@db:5432/app
+     env.DATABASE_URL: postgres://app:\${secret:db_password}@db:5432/app?sslmode=disable
-     secrets.db_password: (secret)
+     secrets.db_password: (secret, changed)
-     resources.memory: 256 MiB
+     resources.memory: 512 MiB
+     env.GREETING: "Žaliuokim 你好 👩‍👩‍👧"
-     env.OLD: x
-     health.interval: 1s
+     health.interval: 1m30s
#     image, env.DATABASE_URL, secrets.db_password, resources.memory, env.GREETING, env.OLD need a new container
#     moves from h3; the new one starts first, the old one stops once it is healthy
#     placed: spread over host
+ backend 2 on h2; 3 on h1: new replica
#     placed: spread over host
#     not on h3: needs disk=ssd, has disk=hdd
\`\`\`

</details>

<details><summary><code>old</code>: 1 to delete</summary>

\`\`\`diff
- old 1 on h3: no longer in the stack
\`\`\`

</details>
`.trim(),
    );
  });

  test('says so when there is nothing to change', () => {
    expect(planMarkdown(emptyPlan)).toBe(
      '<!-- niyanta plan shop staging -->\n### Plan: `shop`, environment `staging`\n\n**Nothing to change.** Made of the state with serial 4.',
    );
  });

  test('tells nothing of a secret but that it changed', () => {
    expect(planMarkdown(samplePlan)).not.toMatch(/hash-(one|two)/);
  });
});

/** The lines outside of blocks of code, which have to be niyanta's own; fails when a block is not closed. */
function ownLines(markdown: string): string[] {
  const own: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const ticks = /^ {0,3}(`{3,})([^`]*)$/.exec(line);
    if (fence !== undefined) {
      if (ticks && ticks[1]!.length >= fence.length && ticks[2]!.trim() === '') fence = undefined;
    } else if (ticks) fence = ticks[1];
    else own.push(line);
  }
  expect(fence).toBeUndefined();
  return own;
}

const own = [
  /^$/,
  /^<!-- niyanta plan [\w./-]* [\w./-]* -->$/,
  /^### Plan: `.*`, environment `.*`$/,
  /^\*\*[^*<`]+\*\*.*$/,
  /^<details><summary>(hosts|<code>[^<>`|@]*<\/code>): [a-z0-9, ]+<\/summary>$/,
  /^<\/details>$/,
  /^\|(?: [^|]*\|){5}$/,
  /^… and \d+ services? more\.$/,
  /^> \*\*Cut short\*\*/,
];

describe('nothing from outside is markup', () => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom('`', '```', '~~~', '|', '\\', '\n', '\r', '<', '>', '</details>', '<img src=x>', '-->', '@me'),
        fc.constantFrom('*', '_', '[a](b)', '#1', '&lt;', '   ', '$x$', '\u202e', '+ ', '- '),
        fc.string({maxLength: 4}),
      ),
      {minLength: 1, maxLength: 12},
    )
    .map(parts => parts.join(''));

  test('whatever services, hosts, images, values and reasons are called', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (a, b, c) => {
        const plan: Plan = {
          ...emptyPlan,
          stack: a,
          environment: b,
          operations: [
            container({
              id: 'x',
              service: a,
              host: b,
              replica: 1,
              reason: c,
              changes: [{path: `env.${a}`, from: b, to: c, forces: true}],
            }),
          ],
          placements: [{service: a, replica: 1, host: b, because: c, rejected: [{host: a, reason: b}]}],
          drift: [{service: a, replica: 1, host: b, what: c}],
          interruption: [{service: a, expectedMs: 1, atMostMs: 2, because: b}],
          warnings: [c],
          summary: {create: 1, update: 0, replace: 0, delete: 0},
        };
        const foreign = ownLines(planMarkdown(plan)).filter(line => !own.some(shape => shape.test(line)));
        expect(foreign).toEqual([]);
      }),
      {numRuns: 500},
    );
  });

  test('code spans end where they end, and HTML is text', () => {
    expect(code('a`b|c')).toBe('``a`b\\x7cc``');
    expect(code('`x`')).toBe('`` `x` ``');
    expect(code('')).toBe('` `');
    expect(htmlCode('<b>@me & `x`')).toBe('<code>&#60;b&#62;&#64;me &#38; &#96;x&#96;</code>');
    fc.assert(
      fc.property(hostile, text => {
        const ticks = /^`+/.exec(code(text))![0];
        const inside = code(text).slice(ticks.length, -ticks.length);
        expect([...inside.matchAll(/`+/g)].map(([run]) => run)).not.toContain(ticks);
      }),
    );
  });
});

describe('a plan too large for a comment', () => {
  const large = (services: number, changes: number, value: string): Plan => ({
    ...emptyPlan,
    operations: Array.from({length: services}, (_, i) =>
      container({
        id: `s${i}`,
        service: `service-${i}`,
        replica: 1,
        changes: Array.from({length: changes}, (_, n) => ({path: `env.V${n}`, to: `${value}${n}`, forces: false})),
      }),
    ),
    warnings: Array.from({length: 500}, (_, i) => `${i} ${value}`),
  });

  test.each([
    ['many services', large(400, 5, 'x')],
    ['one with very many changes', large(1, 20_000, 'x')],
    ['very long values', large(3, 100, '`|'.repeat(100_000))],
  ])('with %s stays below the limit, says what is left out, and is well-formed', (_, plan) => {
    const text = planMarkdown(plan);
    expect(text.length).toBeLessThanOrEqual(MARKDOWN_LIMIT);
    expect(text).toMatch(/\*\*Cut short\*\*: .* \d+ operations? are not/);
    expect(ownLines(text).filter(line => line === '</details>')).toHaveLength(
      ownLines(text).filter(line => line.startsWith('<details>')).length,
    );
  });
});
