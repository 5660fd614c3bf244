import type {InitResult} from '../init-project.ts';
import type {Setting} from '../show-config.ts';
import type {FieldDoc} from '../spec/explain.ts';
import type {Validation} from '../validate-stack.ts';
import type {WorkloadsValidation} from '../validate-workloads.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {table} from './tables.ts';

/** `validate`, when nothing is wrong. */
export const validationView: View<Validation> = {
  text: ({stack, services, volumes, hosts, lab, environments}, {style}) => {
    const environment = environments.length === 1 ? 'environment' : 'environments';
    return [
      `${style.green('valid')}: stack ${style.bold(printable(stack))} with ${count(services.length, 'service')}, ` +
        `${count(volumes.length, 'volume')}, ${count(hosts, 'host')}${lab === undefined ? '' : ` and those of the lab ${printable(lab)}`}`,
      style.dim(`checked in ${environment} ${environments.map(printable).join(', ')}`),
    ].join('\n');
  },
};

/** `validate` of workloads, when nothing is wrong. */
export const workloadsValidationView: View<WorkloadsValidation> = {
  text: ({workloads}, {style}) => {
    const names = workloads.map(({name, version}) => printable(version === undefined ? name : `${name} ${version}`));
    return `${style.green('valid')}: ${count(workloads.length, 'workload')}: ${names.map(style.bold).join(', ')}`;
  },
};

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** `explain PATH`. */
export const fieldView: View<FieldDoc> = {
  text: (field, look) => {
    const {style} = look;
    const facts = [
      ['type', field.type],
      ['required', field.required ? 'yes' : 'no'],
      ...(field.default === undefined ? [] : [['default', field.default]]),
      ...(field.allowed ? [['allowed', field.allowed.join(', ')]] : []),
    ];
    const head = [style.bold(field.path || 'the document'), ...(field.description ? [field.description] : []), ''];
    const lines = facts.map(([name, value]) => `  ${style.dim(name!.padEnd(9))} ${value}`);
    return [...head, ...lines, ...(field.children.length > 0 ? ['', children(field, look)] : [])].join('\n');
  },
};

const children = (field: FieldDoc, look: Look): string =>
  table(
    field.children,
    [
      {title: 'FIELD', value: child => child.name, paint: () => look.style.cyan},
      {title: 'TYPE', value: child => child.type},
      {title: 'WHAT', value: child => child.description},
    ],
    {...look, columns: Number.POSITIVE_INFINITY},
  );

/** `config show`; where a setting comes from when asked. */
export const configView = (withOrigin: boolean): View<readonly Setting[]> => ({
  text: (settings, look) =>
    table(
      settings,
      [
        {title: 'SETTING', value: setting => setting.name},
        {title: 'VALUE', value: setting => setting.value},
        ...(withOrigin ? [{title: 'ORIGIN', value: (setting: Setting) => setting.origin}] : []),
      ],
      {...look, columns: Number.POSITIVE_INFINITY},
    ),
  json: settings => ({settings: withOrigin ? settings : settings.map(({name, value}) => ({name, value}))}),
});

/** `init`. */
export const initView: View<InitResult> = {
  text: ({written}, {style}) =>
    [
      ...written.map(file => `${style.green('wrote')} ${file}`),
      '',
      'Next:',
      '  niyanta host add NAME ADDRESS   add a host (or: niyanta lab up)',
      '  niyanta validate                check the files',
      '  niyanta plan                    see what would change',
    ].join('\n'),
};
