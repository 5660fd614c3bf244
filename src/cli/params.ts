import {UserError} from '../engine/spec/errors.ts';

/** `['a=1', 'b=x=y']` → `{a: '1', b: 'x=y'}`; the last of one name wins. Errors: UserError `param-invalid`. */
export function parseParams(params: readonly string[] | undefined): Record<string, string> {
  return Object.fromEntries((params ?? []).map(parseParam));
}

function parseParam(param: string): [string, string] {
  const at = param.indexOf('=');
  if (at < 1) {
    throw new UserError({
      code: 'param-invalid',
      message: `--param ${param}: not of the form name=value`,
      hint: 'For example --param version=15',
    });
  }
  return [param.slice(0, at), param.slice(at + 1)];
}
