import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {OutsideError, UserError, UserErrors} from '../../../src/engine/spec/errors.ts';
import {errorAnnotations, failureAnnotations, planAnnotations} from '../../../src/engine/view/annotations.ts';
import {annotationCommands, inert} from '../../../src/engine/view/github-commands.ts';
import {printableJson} from '../../../src/engine/view/printable.ts';
import {emptyPlan, samplePlan} from './sample-plan.ts';

const pathOf = (file: string) => (file.startsWith('<') ? undefined : `deploy/${file}`);
const commands = (all: Parameters<typeof annotationCommands>[0]) => annotationCommands(all, pathOf);
const place = (service: string, line: number) => ({file: 'stack.yaml', line, column: 3, path: `services.${service}`});
const places = new Map([
  ['backend', place('backend', 7)],
  ['db', place('db', 5)],
]);

/**
 * What GitHub's runner obeys in a line, as its ActionCommand does it: `::name …::` after blanks, `##[name …]`
 * anywhere.
 */
function obeyed(output: string): string[] {
  return output.split(/\r\n|\r|\n/).flatMap(line => {
    const start = line.replace(/^[\s\u0085]+/, '');
    const end = start.indexOf('::', 2);
    if (start.startsWith('::') && end > 0) return [start.slice(2, end).split(' ')[0]!];
    const old = /##\[([^\] ]*)[^\]]*\]/.exec(line);
    return old ? [old[1]!] : [];
  });
}

describe('annotations', () => {
  test('an error of a file stands at its line, with its hint', () => {
    const location = {file: 'stack.yaml', line: 14, column: 7, path: 'services.backend.replica'};
    const error = new UserError({code: 'unknown-key', message: 'unknown key: 50%, not', hint: 'Look\nhere', location});
    expect(commands(errorAnnotations(new UserErrors([error])))).toEqual([
      '::error file=deploy/stack.yaml,line=14,col=7,title=unknown-key::services.backend.replica: unknown key: 50%25, not%0ALook%0Ahere',
    ]);
  });

  test('what has no file says where it is; an error outside brings its command and last lines', () => {
    const stdin = new UserError({code: 'missing', message: 'm', location: {file: '<stdin>', line: 2, column: 1}});
    const outside = new OutsideError({
      code: 'a:b,c',
      message: 'no answer',
      command: 'ctr x',
      lastLines: ['one', 'two'],
    });
    expect(commands([stdin, outside].flatMap(errorAnnotations))).toEqual([
      '::error title=missing::<stdin>:2:1 m',
      '::error title=a%3Ab%2Cc::no answer%0Actr x%0Aone%0Atwo',
    ]);
  });

  test('a plan has its drift, warnings and interruptions at the lines of services', () => {
    expect(commands(planAnnotations(samplePlan, places))).toEqual([
      '::warning file=deploy/stack.yaml,line=7,col=3,title=drift of backend::backend 1 on h3: stopped',
      '::warning title=plan::host h4 does not answer and was left out',
      '::notice file=deploy/stack.yaml,line=5,col=3,title=interruption of db::for about 12s: its volume allows one replica at a time',
    ]);
  });

  test('drift of a value tells what was applied and what is there; drift of a network has no line', () => {
    const drift = [
      {
        service: 'backend',
        replica: 2,
        host: 'h1',
        what: 'limits changed',
        path: 'resources.memory',
        from: 1024,
        to: 2048,
      },
      {host: 'h2', what: 'network deleted'},
    ];
    expect(commands(planAnnotations({...emptyPlan, drift}, places))).toEqual([
      '::warning file=deploy/stack.yaml,line=7,col=3,title=drift of backend::backend 2 on h1: limits changed (resources.memory 2 KiB → 1 KiB)',
      '::warning title=drift of the network::network on h2: network deleted',
    ]);
  });

  test('a failed operation stands at the line of its service, with the end of its log; so does what is left behind', () => {
    const error = {code: 'unhealthy', message: 'answers 404'};
    const log = Array.from({length: 12}, (_, i) => `line ${i}`);
    const rows = [
      {
        id: 'backend/1',
        title: 'replace backend 1 on h1',
        durationMs: 5,
        attempts: 1,
        outcome: 'failed',
        undone: false,
        error,
        log,
      },
      {id: 'host/h1', title: 'x', durationMs: 5, attempts: 1, outcome: 'done', undone: false},
    ] as const;
    expect(commands(failureAnnotations(samplePlan, rows, ['replace backend 1 on h1: no answer'], places))).toEqual([
      `::error file=deploy/stack.yaml,line=7,col=3,title=failed%3A replace backend 1 on h1::answers 404${log
        .slice(2)
        .map(line => `%0A${line}`)
        .join('')}`,
      '::error title=left behind::replace backend 1 on h1: no answer',
    ]);
  });

  test('of more than GitHub shows, the last one tells how many there are', () => {
    const many = Array.from({length: 14}, (_, i) => ({level: 'error' as const, title: 't', message: String(i)}));
    const told = commands([{level: 'notice', title: 'n', message: 'kept'}, ...many]);
    expect(told).toHaveLength(11);
    expect(told[9]).toBe('::error title=5 more::5 more of these stand in the log.');
  });
});

describe("text from outside is no command to GitHub's runner", () => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom('::', ':', '##[', '#', '[', ']', ' ', '\t', '\n', '\r', '\r\n', '\u2028', '\u0085', '\u00a0'),
        fc.constantFrom('error', 'add-mask', 'set-output name=x', 'stop-commands', 'group', '%0A', '%25', '"', '\\'),
        fc.string({maxLength: 3}),
      ),
      {maxLength: 25},
    )
    .map(parts => parts.join(''));

  test('as a line of text', () => {
    expect(obeyed('  ::error::x\nsee ##[add-mask]y')).toEqual(['error', 'add-mask']);
    fc.assert(
      fc.property(hostile, text => {
        expect(obeyed(inert(text))).toEqual([]);
      }),
      {numRuns: 2000},
    );
  });

  test('as JSON, which still says the same', () => {
    fc.assert(
      fc.property(hostile, text => {
        const json = printableJson({text});
        expect(obeyed(json)).toEqual([]);
        expect(inert(json)).toBe(json);
        expect(JSON.parse(json)).toEqual({text});
      }),
    );
  });

  test('as message, title or file of an annotation: one command, and that one only', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (message, title, file) => {
        const location = {file, line: 1, column: 1};
        const lines = annotationCommands([{level: 'warning', title, message, location}], name => name);
        expect(lines).toHaveLength(1);
        expect(obeyed(lines[0]!)).toEqual(['warning']);
        const properties = lines[0]!.slice('::warning '.length, lines[0]!.indexOf('::', 2)).split(',');
        expect(properties.map(pair => pair.split('=')[0])).toEqual(['file', 'line', 'col', 'title']);
      }),
    );
  });

  test('and what harms nobody stays as it is', () => {
    for (const text of ['a::b', 'std::string ok', ':x', '# [link]', '## [x]', '::']) {
      expect(inert(text).replace('\\x3a', ':')).toBe(text);
    }
    expect(inert('a::b')).toBe('a::b');
  });
});
