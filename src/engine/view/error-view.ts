import {Bug, type Location, type NiyantaError, OutsideError, UserError, UserErrors} from '../spec/errors.ts';
import type {Look} from './look.ts';
import {printable, printableLines} from './printable.ts';
import {wrap} from './text-layout.ts';

/** Gives a file's text when it can be read; views read nothing themselves. */
export type ReadSource = (file: string) => string | undefined;

/** An error as JSON says it (design §3). With several errors the first is `error`, and all of them are `errors`. */
export function errorJson(error: NiyantaError): object {
  if (error instanceof UserErrors && error.errors.length > 0) {
    const all = error.errors.map(single);
    return {error: all[0], errors: all, exitCode: error.exit};
  }
  return {error: single(error), exitCode: error.exit};
}

function single(error: NiyantaError): object {
  const location = error instanceof UserError ? error.location : undefined;
  const outside =
    error instanceof OutsideError
      ? {host: error.host, command: error.command, exitCode: error.exitCode, lastLines: error.lastLines}
      : {};
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return {
    code: error.code,
    message: error.message,
    location,
    hint: error.hint,
    request: error.request,
    cause,
    ...outside,
  };
}

/** An error for people: what is wrong, where, what failed, what to do next. Ends without a line end. */
export function errorText(error: NiyantaError, look: Look, readSource: ReadSource): string {
  if (error instanceof UserErrors) {
    const shown = error.errors.map(each => errorText(each, look, readSource));
    const count = error.errors.length > 1 ? [look.style.red(`${error.errors.length} errors`)] : [];
    return [...shown, ...count].join('\n\n');
  }
  return [
    ...headline(error, look),
    ...(error instanceof UserError && error.location ? frame(error.location, look, readSource) : []),
    ...(error instanceof OutsideError ? outside(error, look) : []),
    ...(error instanceof Bug ? trace(error, look) : []),
    ...(error.hint ? hint(error.hint, look) : []),
    ...(error.request === undefined ? [] : [look.style.dim(`  request ${printable(error.request)}`)]),
  ].join('\n');
}

function headline(error: NiyantaError, {style}: Look): string[] {
  const [first = '', ...rest] = printableLines(error.message);
  const where = error instanceof UserError && error.location ? `${style.bold(position(error.location))}: ` : '';
  const host = error instanceof OutsideError && error.host && !first.includes(error.host) ? `${error.host}: ` : '';
  return [`${style.red(style.bold('error:'))} ${where}${printable(host)}${first}`, ...rest.map(line => `  ${line}`)];
}

/** `stack.yaml:14:7 services.backend.replica` */
function position({file, line, column, path}: Location): string {
  return printable(`${file}:${line}:${column}${path ? ` ${path}` : ''}`);
}

/** The line that is wrong with a caret below, when the file can be read. */
function frame({file, line, column}: Location, {style}: Look, readSource: ReadSource): string[] {
  const text = readSource(file)?.split(/\r?\n/)[line - 1];
  if (text === undefined || text.length > 500) return [];
  const gutter = String(line);
  const before = printable(text.slice(0, column - 1).replaceAll('\t', '  '));
  return [
    `  ${style.dim(`${gutter} |`)} ${printable(text.replaceAll('\t', '  '))}`,
    `  ${style.dim(`${' '.repeat(gutter.length)} |`)} ${' '.repeat(before.length)}${style.red('^')}`,
  ];
}

function outside(error: OutsideError, {style}: Look): string[] {
  const code = error.exitCode === undefined ? '' : ` (exit code ${error.exitCode})`;
  return [
    ...(error.command ? [`  ${style.dim('command:')} ${printable(error.command)}${code}`] : []),
    ...(error.lastLines ?? []).flatMap(printableLines).map(line => `  ${style.dim('|')} ${line}`),
  ];
}

function trace(error: Bug, {style}: Look): string[] {
  const stack = error.cause instanceof Error ? error.cause.stack : error.stack;
  return printableLines(stack ?? '').map(line => style.dim(`  ${line}`));
}

function hint(text: string, {style, columns}: Look): string[] {
  const lines = printableLines(text).flatMap(line => wrap(line, columns - 4));
  return lines.map((line, i) => (i === 0 ? `  ${style.cyan('→')} ${line}` : `    ${line}`));
}
