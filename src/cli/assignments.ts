import {UserError} from '../engine/spec/errors.ts';

/** `['services.web.replicas=1']` → `{'services.web.replicas': '1'}`; the last of one path wins. Errors: UserError `set-invalid`. */
export function parseAssignments(flag: string, given: readonly string[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (given ?? []).map(text => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new UserError({
        code: 'set-invalid',
        message: `--${flag} ${text}: not of the form path=value`,
        hint: `For example --${flag} services.web.replicas=1`,
      });
    }),
  );
}
