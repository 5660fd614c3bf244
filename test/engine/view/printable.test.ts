import fc from 'fast-check';
import stringWidth from 'string-width';
import {describe, expect, test} from 'vitest';
import {OutsideError, UserError} from '../../../src/engine/spec/errors.ts';
import {diffView} from '../../../src/engine/view/diff-view.ts';
import {doctorView} from '../../../src/engine/view/doctor-view.ts';
import {errorText} from '../../../src/engine/view/error-view.ts';
import {type Look, plainStyle} from '../../../src/engine/view/look.ts';
import {placementView} from '../../../src/engine/view/placement-view.ts';
import {planView} from '../../../src/engine/view/plan-view.ts';
import {printable, printableJson} from '../../../src/engine/view/printable.ts';
import {psView} from '../../../src/engine/view/ps-view.ts';
import {truncate, wrap} from '../../../src/engine/view/text-layout.ts';
import {container, emptyPlan} from './sample-plan.ts';

// Everything that YAML lets people write, and more: any code unit, alone or not.
const anything = fc.oneof(
  fc.string({unit: 'binary', maxLength: 120}),
  fc.string({unit: fc.integer({min: 0, max: 0xffff}).map(code => String.fromCharCode(code)), maxLength: 40}),
  fc.constantFrom('\u001b[31m', '\u009b2J', 'a\nb', '\r', '\u202eabc', '👩‍👩‍👧'.repeat(30), '你好'.repeat(40), ''),
);
const columns = fc.oneof(fc.integer({min: 1, max: 200}), fc.constant(Number.POSITIVE_INFINITY));
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const lookAt = (width: number): Look => ({style: plainStyle, columns: width, now: new Date(0)});

describe('whatever people write', () => {
  test('printable leaves one line without controls, and leaves ordinary text alone', () => {
    fc.assert(
      fc.property(anything, text => {
        expect(printable(text)).not.toMatch(unsafe);
        expect(printable(text)).not.toContain('\n');
      }),
    );
    expect(printable('Žaliuokim 你好 👩‍👩‍👧 "quoted" $x')).toBe('Žaliuokim 你好 👩‍👩‍👧 "quoted" $x');
  });

  test('JSON is the same value and safe on a terminal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anything, (value, text) => {
        const json = printableJson({value, text});
        expect(json).not.toMatch(unsafe);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({value, text})));
      }),
    );
  });

  test('every view renders it, without a control character', () => {
    fc.assert(
      fc.property(anything, anything, fc.jsonValue(), columns, (a, b, value, width) => {
        const look = lookAt(width);
        const operation = container({
          service: a,
          replica: 1,
          host: b,
          reason: b,
          changes: [{path: a, from: b, to: value, forces: true}],
        });
        const placed = {service: a, replica: 1, host: b, because: a, rejected: [{host: a, reason: b}]};
        const row = {
          service: a,
          replica: 1,
          host: b,
          state: 'running' as const,
          health: 'none' as const,
          restarts: 1,
          image: b,
          address: a,
          ports: [b],
        };
        const texts = [
          planView.text(
            {...emptyPlan, stack: a, environment: b, operations: [operation], placements: [placed], warnings: [a]},
            look,
          ),
          psView.text(
            {
              stack: a,
              environment: b,
              state: 'degraded',
              why: a,
              replicas: [row, row],
              unreachable: [{host: a, error: b}],
            },
            look,
          ),
          placementView.text({service: a, hosts: [a, b], placements: [placed]}, look),
          doctorView.text([{subject: a, check: b, status: 'failed', found: a, fix: b}], look),
          diffView.text({before: {name: 'a', text: a}, after: {name: 'b', text: b}}, look),
          errorText(
            new UserError({code: 'x', message: a, hint: b, location: {file: a, line: 1, column: 3, path: b}}),
            look,
            () => b,
          ),
          errorText(
            new OutsideError({code: 'x', message: a, host: b, command: a, lastLines: [a, b]}),
            look,
            () => undefined,
          ),
        ];
        for (const text of texts) expect(text).not.toMatch(unsafe);
      }),
      {numRuns: 300},
    );
  });

  test('wrapping keeps every character and the width; truncating keeps the width', () => {
    fc.assert(
      fc.property(anything.map(printable), fc.integer({min: 8, max: 60}), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        expect(stringWidth(truncate(text, width))).toBeLessThanOrEqual(width);
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
