import {describe, expect, test} from 'vitest';
import {Bug, OutsideError, UserError, UserErrors} from '../../../src/engine/spec/errors.ts';
import {errorJson, errorText} from '../../../src/engine/view/error-view.ts';
import {type Look, plainStyle} from '../../../src/engine/view/look.ts';

const look: Look = {style: plainStyle, columns: 80, now: new Date(0)};
const source = 'name: shop\nservices:\n\tbackend: {replica: 3}\n';
const unknownKey = new UserError({
  code: 'unknown-key',
  message: 'unknown key, did you mean "replicas"?',
  hint: 'See: niyanta explain services.backend',
  location: {file: 'stack.yaml', line: 3, column: 12, path: 'services.backend.replica'},
});

describe('an error as text', () => {
  test('of a file: where, the line with a caret, what to do', () => {
    expect(errorText(unknownKey, look, () => source)).toBe(
      `
error: stack.yaml:3:12 services.backend.replica: unknown key, did you mean "replicas"?
  3 |   backend: {replica: 3}
    |             ^
  → See: niyanta explain services.backend
`.trim(),
    );
  });

  test('without the line when the file cannot be read or is shorter by now', () => {
    const expected = /^error: stack.yaml:3:12 services.backend.replica: .*\n {2}→ See/;
    expect(errorText(unknownKey, look, () => undefined)).toMatch(expected);
    expect(errorText(unknownKey, look, () => 'one line')).toMatch(expected);
  });

  test('all of several', () => {
    const text = errorText(new UserErrors([unknownKey, unknownKey]), look, () => undefined);
    expect(text.match(/^error: stack.yaml/gm)).toHaveLength(2);
    expect(text).toMatch(/\n\n2 errors$/);
  });

  test('from outside: host, command, exit code, last lines', () => {
    const error = new OutsideError({
      code: 'command-failed',
      message: 'cannot pull shop/backend:1.4',
      host: 'h1',
      command: 'ctr images pull shop/backend:1.4',
      exitCode: 1,
      lastLines: ['resolving', 'not found'],
      hint: 'Check the name of the image.',
    });
    expect(errorText(error, look, () => undefined)).toBe(
      `
error: h1: cannot pull shop/backend:1.4
  command: ctr images pull shop/backend:1.4 (exit code 1)
  | resolving
  | not found
  → Check the name of the image.
`.trim(),
    );
  });

  test('of a coordinator: with the request, for its log', () => {
    const error = new UserError({code: 'forbidden', message: 'no', hint: 'Ask.', request: 'r1'});
    expect(errorText(error, look, () => undefined)).toBe('error: no\n  → Ask.\n  request r1');
    expect(errorJson(error)).toMatchObject({error: {request: 'r1'}});
  });

  test('of ours: with its stack, and asking for a report', () => {
    const text = errorText(new Bug('no such bucket', new TypeError('x is not a function')), look, () => undefined);
    expect(text).toMatch(/^error: no such bucket\n {2}TypeError: x is not a function\n {2,}at /);
    expect(text).toMatch(/→ This is a bug in niyanta/);
  });
});

describe('an error as JSON', () => {
  test('says code, message, location, hint', () => {
    expect(JSON.parse(JSON.stringify(errorJson(unknownKey)))).toEqual({
      error: {
        code: 'unknown-key',
        message: 'unknown key, did you mean "replicas"?',
        hint: 'See: niyanta explain services.backend',
        location: {file: 'stack.yaml', line: 3, column: 12, path: 'services.backend.replica'},
      },
      exitCode: 64,
    });
  });

  test('has the first of several as the error, and all of them', () => {
    const other = new UserError({code: 'missing', message: 'image or build is needed'});
    expect(JSON.parse(JSON.stringify(errorJson(new UserErrors([other, unknownKey]))))).toMatchObject({
      error: {code: 'missing'},
      errors: [{code: 'missing'}, {code: 'unknown-key'}],
    });
  });
});
