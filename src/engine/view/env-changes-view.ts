import type {CreatedEnvironment} from '../create-environment.ts';
import type {EnvironmentDifference} from '../diff-environments.ts';
import type {ExtendedEnvironment} from '../extend-environment.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {until} from './quantities-view.ts';

/** `env create`. */
export const createdView: View<CreatedEnvironment> = {
  text: ({environment, from, set, params, expires, renewed}, {now}) => {
    const values = Object.entries({...params, ...set}).map(([path, value]) => printable(`  ${path} = ${value}`));
    const end = expires === undefined ? '' : `, expires ${until(expires, now)}`;
    const done = renewed ? 'Renewed' : 'Made';
    return [`${done} ${environment}, like ${from}${end}.`, ...values, `Next: niyanta apply --env ${environment}`].join(
      '\n',
    );
  },
};

/** `env extend`. */
export const extendedView: View<ExtendedEnvironment> = {
  text: ({environment, expires}, {now}) =>
    `${environment} ${expires === undefined ? 'does not expire' : `expires ${until(expires, now)}`}.`,
};

/** `env diff`: a field a paragraph, so that long values are read at 80 columns. */
export const environmentDiffView: View<EnvironmentDifference> = {text: differenceText};

function differenceText({left, right, differences}: EnvironmentDifference, {style}: Look): string {
  const [one, other] = [left, right].map(side => `${side.environment} (serial ${side.serial})`);
  if (differences.length === 0) return printable(`${one} and ${other} are the same.`);
  const width = Math.max(left.environment.length, right.environment.length);
  const line = (name: string, value: string | undefined) =>
    printable(`  ${name.padEnd(width)}  ${value === undefined ? '-' : value}`);
  return [
    style.bold(printable(`${one} and ${other}: ${differences.length} differ`)),
    ...differences.flatMap(({path, left: before, right: after}) => [
      style.bold(printable(path)),
      style.red(line(left.environment, before)),
      style.green(line(right.environment, after)),
    ]),
  ].join('\n');
}
