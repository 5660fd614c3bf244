import {Box, render, Text, useApp, useInput} from 'ink';
import {createElement as element, type ReactElement, useEffect, useState} from 'react';
import type {ShownReplicas} from '../show-replicas.ts';
import type {Look} from './look.ts';
import {psView} from './ps-view.ts';

interface ScreenProps {
  readonly source: AsyncIterable<ShownReplicas>;
  readonly look: () => Look;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/**
 * `ps --watch`: the table, renewed with each result of the source; ends with q, Ctrl-C, the signal or the source.
 * Rejects with what the source rejected with. Loads ink and React: import it lazily.
 */
export async function watchPs(
  source: AsyncIterable<ShownReplicas>,
  options: {
    readonly look: () => Look;
    readonly signal: AbortSignal;
    readonly stdout: NodeJS.WriteStream;
    readonly stdin: NodeJS.ReadStream;
  },
): Promise<void> {
  const failures: unknown[] = [];
  const {waitUntilExit} = render(
    element(PsScreen, {
      source,
      look: options.look,
      signal: options.signal,
      onError: error => void failures.push(error),
    }),
    {stdout: options.stdout, stdin: options.stdin, exitOnCtrlC: true},
  );
  await waitUntilExit();
  if (failures.length > 0) throw failures[0];
}

function PsScreen({source, look, signal, onError}: ScreenProps): ReactElement {
  const {exit} = useApp();
  const [result, setResult] = useState<ShownReplicas>();
  useInput(input => {
    if (input === 'q') exit();
  });
  useEffect(() => {
    let shown = true;
    const end = () => exit();
    signal.addEventListener('abort', end, {once: true});
    (async () => {
      for await (const next of source) {
        if (!shown) return;
        setResult(next);
      }
    })()
      .catch(onError)
      .finally(end);
    return () => {
      shown = false;
      signal.removeEventListener('abort', end);
    };
  }, [source, signal, exit, onError]);
  const text = result ? psView.text(result, look()) : 'asking the hosts …';
  return element(
    Box,
    {flexDirection: 'column'},
    element(Text, {wrap: 'truncate'}, text),
    element(Text, {dimColor: true}, '\nq to leave'),
  );
}
