import {UserError} from '../engine/spec/errors.ts';

/** `['h1=10.0.0.11']` → `[{name: 'h1', address: '10.0.0.11'}]`. Errors: UserError `host-invalid`. */
export function parseHosts(pairs: readonly string[] | undefined): {name: string; address: string}[] {
  return (pairs ?? []).map(pair => {
    const at = pair.indexOf('=');
    if (at > 0 && at < pair.length - 1) return {name: pair.slice(0, at), address: pair.slice(at + 1)};
    throw new UserError({
      code: 'host-invalid',
      message: `${JSON.stringify(pair)} is not a host of the form name=address`,
      hint: 'For example --host h1=10.0.0.11',
    });
  });
}
