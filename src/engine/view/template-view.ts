import type {TemplateRow} from '../list-templates.ts';
import type {ParamDoc, TemplateDoc} from '../show-template.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {table} from './tables.ts';
import {hanging} from './text-layout.ts';

/** `template ls`. */
export const templatesView: View<readonly TemplateRow[]> = {
  text: (rows, look) =>
    table(
      rows,
      [
        {title: 'TEMPLATE', value: row => row.template},
        {title: 'FROM', value: row => (row.shadowed ? `${row.from}, not used` : row.from), shrinkTo: 20},
        {title: 'WHAT', value: row => what(row), shrinkTo: 12, paint: row => (row.problem ? look.style.red : plain)},
      ],
      look,
    ),
  json: templates => ({templates}),
};

const plain = (text: string): string => text;

const what = ({description, problem, shadowed}: TemplateRow): string =>
  problem ?? (shadowed ? "the project's own of this name is used" : (description ?? ''));

/** `template show`. */
export const templateView: View<TemplateDoc> = {
  text: (doc, look) => {
    const {style} = look;
    return [
      style.bold(printable(doc.template)) + style.dim(`  ${printable(doc.file)}`),
      ...(doc.description === undefined ? [] : hanging('', printable(doc.description), look.columns)),
      ...(doc.services.length > 1 ? [`Services: ${doc.services.map(printable).join(', ')}`] : []),
      '',
      ...(doc.params.length > 0 ? doc.params.flatMap(param => paramLines(param, look)) : ['No parameters.']),
      '',
      ...doc.example.split('\n').map(printable),
    ].join('\n');
  },
};

function paramLines({name, form, required, default: fallback, allowed, description}: ParamDoc, look: Look): string[] {
  const {style} = look;
  const facts = [
    allowed ? `one of ${allowed.join(', ')}` : form,
    required ? 'required' : fallback === undefined ? 'optional' : `default ${fallback === '' ? '""' : fallback}`,
  ];
  return [
    `  ${style.cyan(printable(name))}  ${style.dim(printable(facts.join('; ')))}`,
    ...(description === undefined ? [] : hanging('      ', printable(description), look.columns)),
  ];
}

/** `template new`. */
export const newTemplateView: View<{readonly template: string; readonly file: string}> = {
  text: ({template, file}, {style}) =>
    `${style.green('wrote')} ${printable(file)}\nUse it: services: {NAME: {template: ${template}}}`,
};
