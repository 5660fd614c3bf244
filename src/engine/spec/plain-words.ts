import type {z} from 'zod';
import {didYouMean} from './suggest.ts';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
};

/** zod's issues in the words of people who write YAML. */
export function plainMessage(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is required and missing';
      return `must be ${KINDS[issue.expected as string] ?? issue.expected}, ${isWhat(issue.input)}`;
    case 'invalid_value':
      return wrongValue(issue.values as readonly unknown[], issue.input);
    case 'too_small':
      return limit('at least', issue.origin as string, Number(issue.minimum), issue.input);
    case 'too_big':
      return limit('at most', issue.origin as string, Number(issue.maximum), issue.input);
    case 'invalid_format':
      return `is not of the form that is needed here, ${isWhat(issue.input)}`;
    default:
      return `cannot be used here, ${isWhat(issue.input)}`;
  }
}

/** `is the text "x"`: what was written instead. */
export function isWhat(input: unknown): string {
  if (input === undefined || input === null) return 'has no value';
  if (Array.isArray(input)) return 'is a list';
  if (typeof input === 'object') return 'is a map';
  return `is ${typeof input === 'string' ? `the text ${JSON.stringify(short(input))}` : String(input)}`;
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

function wrongValue(values: readonly unknown[], input: unknown): string {
  if (input === undefined) return `is required and missing: write ${values.join(', ')}`;
  const meant = typeof input === 'string' ? didYouMean(input, values.map(String)) : '';
  const choice = values.length > 12 ? 'is none of the possible values' : `must be ${either(values)}`;
  return `${choice}, ${isWhat(input)}${meant}`;
}

const either = (values: readonly unknown[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;

function limit(bound: string, origin: string, wanted: number, input: unknown): string {
  if (origin === 'number' || origin === 'int') return `must be ${bound} ${wanted}, ${isWhat(input)}`;
  if (origin === 'string' && wanted === 1) return 'must not be empty';
  return `must have ${bound} ${wanted} ${origin === 'string' ? 'characters' : wanted === 1 ? 'entry' : 'entries'}`;
}
