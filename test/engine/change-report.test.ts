import {describe, expect, test} from 'vitest';
import {changeReport, changeReportSchema, type EndedChange, reportJsonSchema} from '../../src/engine/change-report.ts';
import type {ApplyEvent} from '../../src/engine/executor/events.ts';
import {OutsideError, UserError} from '../../src/engine/spec/errors.ts';
import {container, emptyPlan} from './view/sample-plan.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
const web = (replica: number) =>
  container({id: `web/${replica}`, service: 'web', replica, host: 'h1', reason: 'new replica'});
const plan = {...emptyPlan, operations: [web(1), web(2), web(3)], warnings: ['host h2 was left out']};
const started: ApplyEvent = {type: 'started', at: at(1), operations: 3, run: '20260101T000001000Z-aaaaaa'};
const done: readonly ApplyEvent[] = [
  {type: 'operation-started', at: at(1), operation: 'web/1', title: 'start web 1 on h1'},
  {type: 'operation-retried', at: at(2), operation: 'web/1', attempt: 1, message: 'connection lost'},
  {type: 'operation-finished', at: at(4), operation: 'web/1', outcome: 'done', durationMs: 3000},
];
const base: EndedChange = {
  action: 'apply',
  project: 'shop',
  environment: 'staging',
  began: new Date(at(0)),
  ended: new Date(at(9)),
  plan,
  events: [],
  exitCode: 0,
};

/** As somebody who reads the file gets it, and as the schema promises it. */
const report = (parts: Partial<EndedChange>) =>
  changeReportSchema.parse(JSON.parse(JSON.stringify(changeReport({...base, ...parts}))));

describe('the report of a change', () => {
  test('has every operation with its times, tries and end, also those that were never begun', () => {
    const error = {code: 'exited', message: 'exited with 3'};
    const made = report({
      events: [
        started,
        ...done,
        {type: 'operation-started', at: at(4), operation: 'web/2', title: 'start web 2 on h1'},
        {type: 'operation-finished', at: at(5), operation: 'web/2', outcome: 'failed', durationMs: 1000, ...error},
        {type: 'operation-undone', at: at(6), operation: 'web/1', title: 'start web 1 on h1'},
      ],
      result: {
        outcome: 'rollback-failed',
        serial: 5,
        leftovers: ['start web 2 on h1: no answer'],
        operations: [
          {id: 'web/1', outcome: 'undone', durationMs: 3000},
          {id: 'web/2', outcome: 'failed', durationMs: 1000, error},
          {id: 'web/3', outcome: 'skipped', durationMs: 0},
        ],
      },
      error: new OutsideError({...error, host: 'h1', hint: 'Look.'}),
      exitCode: 7,
    });
    expect(made).toMatchObject({
      version: 1,
      action: 'apply',
      project: 'shop',
      stack: 'shop',
      environment: 'staging',
      run: '20260101T000001000Z-aaaaaa',
      startedAt: at(0),
      endedAt: at(9),
      durationMs: 9000,
      outcome: 'rollback-failed',
      exitCode: 7,
      serial: {before: 4, after: 5},
      leftovers: ['start web 2 on h1: no answer'],
      warnings: ['host h2 was left out'],
      error: {code: 'exited', message: 'exited with 3', hint: 'Look.', host: 'h1'},
    });
    const common = {kind: 'container', action: 'create', service: 'web', host: 'h1', reason: 'new replica'};
    expect(made.operations).toEqual([
      {
        ...common,
        id: 'web/1',
        key: expect.stringMatching(/^web\/1#/),
        replica: 1,
        title: 'start web 1 on h1',
        startedAt: at(1),
        endedAt: at(4),
        durationMs: 3000,
        attempts: 2,
        outcome: 'undone',
        undone: true,
      },
      {
        ...common,
        id: 'web/2',
        key: expect.stringMatching(/^web\/2#/),
        replica: 2,
        title: 'start web 2 on h1',
        startedAt: at(4),
        endedAt: at(5),
        durationMs: 1000,
        attempts: 1,
        outcome: 'failed',
        undone: false,
        error,
      },
      {
        ...common,
        id: 'web/3',
        key: expect.stringMatching(/^web\/3#/),
        replica: 3,
        title: 'start web 3 on h1',
        durationMs: 0,
        attempts: 0,
        outcome: 'skipped',
        undone: false,
      },
    ]);
  });

  test('of one that was broken off says so, and what it does not know', () => {
    const begun: ApplyEvent = {type: 'operation-started', at: at(4), operation: 'web/2', title: 'start web 2 on h1'};
    const lost = new OutsideError({code: 'lease-lost', message: 'the lease was lost', exit: 4});
    const made = report({events: [started, ...done, begun], error: lost, exitCode: 4});
    expect(made).toMatchObject({outcome: 'broken-off', exitCode: 4, serial: {before: 4}, error: {code: 'lease-lost'}});
    expect(made.operations.map(({outcome}) => outcome)).toEqual(['done', 'unknown', 'skipped']);
  });

  test('of one that never began has the error and nothing that was not known', () => {
    const wrong = new UserError({code: 'unknown-key', message: 'unknown key'});
    const made = report({project: undefined, environment: undefined, plan: undefined, error: wrong, exitCode: 64});
    expect(made).toEqual({
      version: 1,
      action: 'apply',
      who: made.who,
      startedAt: at(0),
      endedAt: at(9),
      durationMs: 9000,
      outcome: 'not-begun',
      exitCode: 64,
      serial: {},
      operations: [],
      leftovers: [],
      warnings: [],
      error: {code: 'unknown-key', message: 'unknown key'},
    });
  });

  test('is described field by field in its JSON Schema', () => {
    const bare: string[] = [];
    const walk = (node: unknown, path: string): void => {
      const {properties, items} = node as {properties?: Record<string, object>; items?: object};
      for (const [name, field] of Object.entries(properties ?? {})) {
        if (!('description' in field)) bare.push(`${path}.${name}`);
        walk(field, `${path}.${name}`);
      }
      if (items) walk(items, `${path}[]`);
    };
    walk(reportJsonSchema(), '');
    expect(bare).toEqual([]);
    expect(reportJsonSchema()).toMatchObject({$schema: expect.stringContaining('2020-12'), title: 'niyanta report'});
  });
});
