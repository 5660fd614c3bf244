import type {Location} from '../spec/errors.ts';
import {printableLines} from './printable.ts';

/** Something that GitHub shows at a line of a file, and in the list of a workflow run. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  /** May have several lines. */
  readonly message: string;
  readonly location?: Location;
}

/** How a file of a `Location` is called from the root of the repository; undefined when it is not in it. */
export type PathInRepository = (file: string) => string | undefined;

/** GitHub shows so many of a level a step, and drops the rest without a word. */
const SHOWN = 10;
const LONGEST = 4000;

/** The workflow commands of annotations, the last of a level telling how many more there are. */
export function annotationCommands(all: readonly Annotation[], pathOf: PathInRepository): string[] {
  return (['error', 'warning', 'notice'] as const).flatMap(level => {
    const annotations = all.filter(annotation => annotation.level === level);
    const shown = annotations.length > SHOWN ? annotations.slice(0, SHOWN - 1) : annotations;
    const more = annotations.length - shown.length;
    const rest: Annotation = {level, title: `${more} more`, message: `${more} more of these stand in the log.`};
    return [...shown, ...(more > 0 ? [rest] : [])].map(annotation => annotationCommand(annotation, pathOf));
  });
}

function annotationCommand({level, title, message, location}: Annotation, pathOf: PathInRepository): string {
  const file = location && pathOf(location.file);
  const place: Readonly<Record<string, string>> =
    file === undefined ? {} : {file, line: String(location!.line), col: String(location!.column)};
  // What is in no file of the repository says so itself.
  const where = location && file === undefined ? `${location.file}:${location.line}:${location.column} ` : '';
  const text = `${where}${message}`;
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return workflowCommand(level, {...place, title}, short);
}

/** Lines between these two are folded in GitHub's log. */
export const groupCommand = (title: string): string => workflowCommand('group', {}, title);
export const endGroupCommand = '::endgroup::';

function workflowCommand(name: string, properties: Readonly<Record<string, string>>, data: string): string {
  const told = Object.entries(properties).map(([key, value]) => `${key}=${property(oneText(value))}`);
  return `::${name}${told.length > 0 ? ` ${told.join(',')}` : ''}::${escaped(oneText(data))}`;
}

const oneText = (text: string): string => printableLines(text).join('\n');

const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/**
 * Text in which GitHub's runner finds no command: it obeys lines that begin with `::`, whatever blanks stand before,
 * and `##[` anywhere in a line. What a container logged must not be able to set a variable of the workflow.
 */
export const inert = (text: string): string =>
  text.replaceAll(/^([\s\u0085]*):(?=:)/gm, '$1\\x3a').replaceAll('##[', '#\\x23[');
