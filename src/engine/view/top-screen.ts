import {Box, type Key, render, Text, useApp, useInput} from 'ink';
import {createElement as element, type ReactElement, useEffect, useReducer, useRef} from 'react';
import type {Figures} from '../figures.ts';
import type {FiguresSource} from '../watch-figures.ts';
import type {Look} from './look.ts';
import {topFrame} from './top-frame.ts';
import {afterKey, afterRound, firstModel, selection, type TopKey, type TopModel} from './top-model.ts';

export interface TopScreenOptions {
  readonly source: FiguresSource;
  readonly look: () => Look;
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
}

const ALTERNATE = '\u001b[?1049h\u001b[H';
const ORDINARY = '\u001b[?1049l';

/** Lines of a log that are asked for: more than a tall terminal shows. */
const mostLines = 100;

/**
 * `top` on a terminal: draws each round until q, Ctrl-C, the signal or the source ends it, and leaves the terminal as
 * it was. Rejects with what the source rejected with. Loads ink and React: import it lazily.
 */
export async function showTop(options: TopScreenOptions): Promise<void> {
  const failures: unknown[] = [];
  const {stdout, stdin} = options;
  stdout.write(ALTERNATE);
  try {
    const {waitUntilExit} = render(
      element(TopScreen, {...options, onError: (error: unknown) => void failures.push(error)}),
      {stdout, stdin, exitOnCtrlC: true},
    );
    await waitUntilExit();
  } finally {
    stdout.write(ORDINARY);
  }
  if (failures.length > 0) throw failures[0];
}

type Happening = {readonly key: TopKey} | {readonly figures: Figures} | {readonly logs: TopModel['logs']} | 'resized';

function TopScreen({
  source,
  look,
  signal,
  stdout,
  onError,
}: TopScreenOptions & {readonly onError: (error: unknown) => void}): ReactElement {
  const {exit} = useApp();
  const [model, happen] = useReducer(next, firstModel);
  const current = useRef(model);
  current.current = model;
  useInput((input, key) => {
    for (const pressed of keysOf(input, key)) {
      if (pressed === 'q') return exit();
      happen({key: pressed});
    }
  });
  useEffect(() => {
    const resized = (): void => happen('resized');
    stdout.on('resize', resized);
    return () => void stdout.off('resize', resized);
  }, [stdout]);
  useEffect(() => {
    let shown = true;
    const end = (): void => exit();
    signal.addEventListener('abort', end, {once: true});
    (async () => {
      for await (const figures of source.rounds) {
        if (!shown) return;
        happen({figures});
      }
    })()
      .catch(onError)
      .finally(end);
    return () => {
      shown = false;
      signal.removeEventListener('abort', end);
    };
  }, [source, signal, exit, onError]);
  const container = selection(model).row?.container ?? '';
  const at = model.figures?.at;
  useEffect(() => {
    const row = selection(current.current).row;
    if (!row || at === undefined || row.container !== container) return;
    source
      .lastLines(row, mostLines)
      .then(lines => happen({logs: {container, lines}}))
      .catch(onError);
  }, [source, container, at, onError]);
  const frame = topFrame(model, look(), (stdout.rows || 24) - 1);
  return element(
    Box,
    {flexDirection: 'column'},
    element(Text, {wrap: 'truncate'}, frame.map(line => line || ' ').join('\n')),
  );
}

function next(model: TopModel, happening: Happening): TopModel {
  if (happening === 'resized') return {...model};
  if ('figures' in happening) return afterRound(model, happening.figures);
  if ('logs' in happening) return {...model, logs: happening.logs};
  const after = afterKey(model, happening.key);
  return after === 'quit' ? model : after;
}

/** Keys that were pressed quickly come as one text. */
function keysOf(input: string, key: Key): readonly TopKey[] {
  if (key.upArrow) return ['up'];
  if (key.downArrow) return ['down'];
  return key.escape ? ['escape'] : [...input];
}
