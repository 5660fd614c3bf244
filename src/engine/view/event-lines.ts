import type {ApplyEvent} from '../executor/events.ts';
import type {Look} from './look.ts';
import {printable, printableLines} from './printable.ts';
import {bytes, duration} from './quantities-view.ts';

type Finished = Extract<ApplyEvent, {type: 'operation-finished'}>;
type Progressed = Extract<ApplyEvent, {type: 'operation-progress'}>;

/** An event as plain lines, for logs and pipes: what starts, is tried again, finishes; nothing for mere progress. */
export function eventLines(event: ApplyEvent, titles: ReadonlyMap<string, string>, look: Look): string[] {
  const {style} = look;
  switch (event.type) {
    case 'operation-started':
      return [`${style.dim('start')}   ${printable(event.title)}`];
    case 'operation-retried': {
      const title = printable(titles.get(event.operation) ?? event.operation);
      return [`${style.yellow('again')}   ${title}, attempt ${event.attempt}: ${printable(event.message)}`];
    }
    case 'operation-finished':
      return finishedLines(event, titles.get(event.operation) ?? event.operation, look);
    case 'rollback-started':
      return [style.yellow(`rolling back: ${printable(event.reason)}`)];
    case 'operation-undone':
      return [`${style.yellow('undone')}  ${printable(event.title)}`];
    default:
      return [];
  }
}

function finishedLines(event: Finished, title: string, {style}: Look): string[] {
  const paint = {
    done: style.green,
    failed: style.red,
    skipped: style.dim,
    undone: style.yellow,
    cancelled: style.yellow,
  };
  const told = event.message ? `: ${printable(event.message)}` : '';
  const took = event.outcome === 'done' ? ` (${duration(event.durationMs)})` : '';
  const head = `${paint[event.outcome](event.outcome.padEnd(7))} ${printable(title)}${took}${told}`;
  return [head, ...logLines(event, style.dim)];
}

/** The last lines that a failed replica logged. */
export function logLines({log}: Finished, paint: (text: string) => string): string[] {
  return (log ?? []).flatMap(printableLines).map(line => paint(`        | ${line}`));
}

/** `sending shop/backend:1.4: 12 MiB of 60 MiB`. */
export function progressText({message, done, total}: Progressed): string {
  if (done === undefined) return printable(message);
  return `${printable(message)}: ${bytes(done)}${total === undefined ? '' : ` of ${bytes(total)}`}`;
}
