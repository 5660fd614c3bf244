import {join} from 'node:path';
import type {Command} from '@oclif/core';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {commandIds, root, textOf} from './sources.ts';

interface Step {
  readonly id?: string;
  readonly run?: string;
}

const text = textOf('examples/github-actions/plan-and-apply.yaml');
const {jobs} = parse(text) as {jobs: Record<string, {readonly steps: readonly Step[]}>};
const steps = Object.values(jobs).flatMap(job => job.steps);
/** `niyanta …` in what steps run, without where its output goes. */
const typed = steps.flatMap(({run = ''}) => [...run.matchAll(/^niyanta (.*)$/gm)].map(([, words]) => words!));

test('the example workflow runs what it is about', () => {
  expect(typed.map(words => words.split(' ')[0])).toEqual(['validate', 'plan', 'apply', 'events']);
});

test.each(typed)('its `niyanta %s` has only commands, flags and formats that exist', async words => {
  const id = words.split(' ')[0]!;
  expect(commandIds()).toContain(id);
  const {default: command} = (await import(join(root, 'src/commands', `${id}.ts`))) as {default: typeof Command};
  const flags = {...command.baseFlags, ...command.flags} as Record<string, {readonly options?: readonly string[]}>;
  for (const [, name, value] of words.matchAll(/ --([a-z-]+)(?: ([^-\s]\S*))?/g)) {
    expect(Object.keys(flags)).toContain(name);
    const {options} = flags[name!]!;
    if (options) expect(options).toContain(value);
  }
});

test('the outputs that it asks for are set', () => {
  const set = ['src/cli/change-account.ts', 'src/cli/github-plan.ts'].map(textOf).join('\n');
  const asked = [...text.matchAll(/steps\.([a-z]+)\.outputs\.([a-z-]+)(?: [!=]= '([a-z-]+)')?/g)];
  expect(asked.length).toBeGreaterThan(0);
  for (const [, step, output, value] of asked) {
    expect(steps.map(({id}) => id)).toContain(step);
    expect(set).toMatch(new RegExp(`setOutputs\\(\\{[^}]*\\b${output}\\b`));
    if (value) expect(set).toContain(`'${value}'`);
  }
});
