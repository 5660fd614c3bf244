import type {Scalar} from './interpolate.ts';
import type {ParamDeclaration} from './stack-schema.ts';

/** A value for a parameter, in its type, or what is wrong with it. Texts from flags are converted. */
export function paramValue(
  declared: ParamDeclaration,
  given: {readonly value: Scalar; readonly text: string},
): {readonly value: Scalar} | {readonly wrong: string} {
  const converted = convert(paramType(declared), given);
  if (converted === undefined)
    return {wrong: `must be ${NAMES[paramType(declared)]}, is ${JSON.stringify(given.value)}`};
  const allowed = declared.allowed?.map(String);
  if (allowed && !allowed.includes(String(converted))) {
    return {wrong: `must be one of ${allowed.join(', ')}, is ${JSON.stringify(converted)}`};
  }
  return {value: converted};
}

const NAMES = {string: 'a text', number: 'a number', boolean: 'true or false'} as const;

/** The type of a parameter: as declared, else that of its default, else text. */
export function paramType({type, default: fallback}: ParamDeclaration): 'string' | 'number' | 'boolean' {
  return (
    type ?? (typeof fallback === 'number' || typeof fallback === 'boolean' ? (typeof fallback as 'number') : 'string')
  );
}

function convert(
  type: 'string' | 'number' | 'boolean',
  {value, text}: {value: Scalar; text: string},
): Scalar | undefined {
  if (type === 'string') return text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (typeof value === 'number') return value;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** `NIYANTA_PARAM_DB_VERSION` for `db-version`. */
export const paramVariable = (name: string): string => `NIYANTA_PARAM_${name.toUpperCase().replaceAll('-', '_')}`;
