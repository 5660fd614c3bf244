import type {Scalar} from './interpolate.ts';
import type {ParamDeclaration, ParamType} from './param-schema.ts';
import {formatDuration, formatSize, parseDuration, parseSize} from './quantities.ts';
import {didYouMean} from './suggest.ts';

/** A value as it was given: `text` as written, so that 1.10 is still 1.10 where a text is wanted. */
export interface GivenValue {
  readonly value: Scalar | readonly Scalar[];
  readonly text: string;
}

/** A value for a parameter, in its type, or what is wrong with it. Texts from flags are converted. */
export function paramValue(
  declared: ParamDeclaration,
  given: GivenValue,
): {readonly value: Scalar | readonly Scalar[]} | {readonly wrong: string} {
  const type = paramType(declared);
  const value = convert(type, given);
  const about = declared.description ? ` (${declared.description})` : '';
  if (value === undefined) return {wrong: `must be ${form(declared)}, is ${JSON.stringify(given.value)}${about}`};
  const allowed = declared.allowed?.map(String);
  const strange = allowed && [value].flat().find(each => !allowed.includes(String(each)));
  if (allowed && strange !== undefined) {
    const meant = type === 'string' || type === 'list' ? didYouMean(String(strange), allowed) : '';
    return {wrong: `must be one of ${allowed.join(', ')}, is ${JSON.stringify(strange)}${meant}${about}`};
  }
  if (outside(declared, value)) return {wrong: `must be ${form(declared)}, is ${given.text}${about}`};
  return {value};
}

/** The type of a parameter: as declared, else that of its default, else text. */
export function paramType({type, default: fallback}: ParamDeclaration): ParamType {
  if (type) return type;
  if (Array.isArray(fallback)) return 'list';
  return typeof fallback === 'number' || typeof fallback === 'boolean' ? (typeof fallback as 'number') : 'string';
}

const FORMS: Readonly<Record<ParamType, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  size: 'a size such as 256Mi',
  duration: 'a length of time such as 1m30s',
  list: 'a list of single values',
};

/** What its values look like, in words: `a whole number from 1 to 100`. */
export function form(declared: ParamDeclaration): string {
  const {min, max} = declared;
  const range =
    min !== undefined && max !== undefined
      ? ` from ${min} to ${max}`
      : min !== undefined
        ? ` of ${min} or more`
        : max !== undefined
          ? ` of ${max} or less`
          : '';
  return FORMS[paramType(declared)] + range;
}

/** A value in its unit: bytes of a size, milliseconds of a duration; undefined for what has none. */
export function amount(type: ParamType, value: Scalar): number | undefined {
  if (type === 'size') return parseSize(String(value));
  if (type === 'duration') return parseDuration(String(value));
  return (type === 'number' || type === 'integer') && typeof value === 'number' ? value : undefined;
}

function outside(declared: ParamDeclaration, value: Scalar | readonly Scalar[]): boolean {
  if (typeof value === 'object') return false;
  const type = paramType(declared);
  const [here, min, max] = [value, declared.min, declared.max].map(each =>
    each === undefined ? undefined : amount(type, each),
  );
  return here !== undefined && ((min !== undefined && here < min) || (max !== undefined && here > max));
}

const MIB = 2 ** 20;

/**
 * A part of another parameter's value, in this one's type and within its bounds; sizes in whole MiB. Undefined when
 * the two have no unit in common.
 */
export function portion(
  declared: ParamDeclaration,
  of: {readonly type: ParamType; readonly value: Scalar},
): Scalar | undefined {
  const type = paramType(declared);
  const whole = amount(of.type, of.value);
  const kind = (each: ParamType): string => (each === 'integer' ? 'number' : each);
  if (whole === undefined || kind(of.type) !== kind(type)) return undefined;
  const bound = (each: number | string | undefined): number | undefined =>
    each === undefined ? undefined : amount(type, each);
  const {factor} = declared.portion!;
  const within = Math.min(Math.max(whole * factor, bound(declared.min) ?? 0), bound(declared.max) ?? Number.MAX_VALUE);
  if (type === 'size') return formatSize(within < MIB ? Math.round(within) : Math.floor(within / MIB) * MIB);
  if (type === 'duration') return formatDuration(Math.round(within));
  return type === 'integer' ? Math.floor(within) : within;
}

function convert(type: ParamType, {value, text}: GivenValue): Scalar | readonly Scalar[] | undefined {
  if (type === 'list') {
    if (typeof value === 'object') return value;
    return typeof value === 'string'
      ? text
          .split(',')
          .map(item => item.trim())
          .filter(Boolean)
      : undefined;
  }
  if (typeof value === 'object') return undefined;
  if (type === 'string') return text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (type === 'size') return parseSize(text) === undefined ? undefined : text;
  if (type === 'duration') return parseDuration(text) === undefined ? undefined : text;
  const number = typeof value === 'number' ? value : /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  return type === 'integer' && !Number.isSafeInteger(number) ? undefined : number;
}

/** `NIYANTA_PARAM_DB_VERSION` for `db-version`. */
export const paramVariable = (name: string): string => `NIYANTA_PARAM_${name.toUpperCase().replaceAll('-', '_')}`;
