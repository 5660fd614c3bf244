import type {ExportResult} from '../export-compose.ts';
import type {ImportResult} from '../import-compose.ts';
import type {Note, NoteKind} from '../spec/compose/notes.ts';
import type {Look, View} from './look.ts';
import {printable} from './printable.ts';
import {wrap} from './text-layout.ts';

/** `import compose`: the stack itself, or what was written. */
export const importView: View<ImportResult> = {
  text: ({text, written, name, services, volumes, routes}, {style}) => {
    if (written === undefined) return text.trimEnd();
    const parts = [count(services.length, 'service'), count(volumes.length, 'volume'), count(routes, 'route')];
    return `${style.green('wrote')} ${printable(written)}: stack ${style.bold(name)} with ${parts.join(', ')}`;
  },
  json: ({text, ...rest}) => ({...rest, stack: text}),
};

const HEADS: readonly (readonly [NoteKind, string])[] = [
  ['lost', 'Could not be carried over:'],
  ['changed', 'Became something else:'],
  ['needless', 'Needs no word:'],
];

/** What became of keys that a stack does not have, for standard error; empty when all was carried over. */
export function importNotes(
  {notes, passwords, problems}: ImportResult,
  {style, columns}: Look,
  secrets: boolean,
): string {
  const groups = HEADS.flatMap(([kind, head]) => {
    const own = notes.filter(note => note.kind === kind);
    return own.length === 0 ? [] : [[style.bold(head), ...own.flatMap(note => noteLines(note, columns))].join('\n')];
  });
  const lines = passwords.map(
    ({file, line, service, variable, name}) =>
      `  ${printable(file)}:${line} ${printable(service)}: ${printable(variable)} → \${secret:${name}}`,
  );
  const names = [...new Set(passwords.map(({name}) => name))];
  const how = secrets
    ? `  set ${names.length === 1 ? 'it' : 'each'}: niyanta secret set ${names[0]}`
    : '  --secrets makes secrets of them: then no password stands in the stack';
  return [
    ...groups,
    ...(lines.length > 0
      ? [[style.bold(secrets ? 'Are secrets now:' : 'Look like passwords:'), ...lines, how].join('\n')]
      : []),
    ...(problems.length > 0
      ? [[style.yellow('As it stands, plan refuses it:'), ...problems.map(one => `  ${printable(one)}`)].join('\n')]
      : []),
  ].join('\n\n');
}

const noteLines = ({file, line, column, path, reason}: Note, columns: number): readonly string[] => [
  `  ${printable(file)}:${line}:${column} ${printable(path)}`,
  ...wrap(printable(reason), Math.min(columns, 100) - 6).map(text => `      ${text}`),
];

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** `export compose`: the Compose file itself, or what was written. */
export const exportView: View<ExportResult> = {
  text: ({text, written, stack, environment, services}, {style}) =>
    written === undefined
      ? text.trimEnd()
      : `${style.green('wrote')} ${printable(written)}: ${style.bold(stack)}, environment ${environment}, with ${count(services.length, 'service')}`,
  json: ({text, ...rest}) => ({...rest, compose: text}),
};

/** What a Compose file cannot say, for standard error; empty when it says all. */
export function exportNotes({unsaid}: ExportResult, {style, columns}: Look): string {
  if (unsaid.length === 0) return '';
  const lines = unsaid.flatMap(({path, reason}) => [
    `  ${printable(path)}`,
    ...wrap(printable(reason), Math.min(columns, 100) - 6).map(text => `      ${text}`),
  ]);
  return [style.bold('A Compose file cannot say:'), ...lines].join('\n');
}
