import {readFileSync} from 'node:fs';
import path from 'node:path';
import {type Interfaces, run} from '@oclif/core';
import {hoistGlobalFlags} from './argv.ts';
import {endAll} from './at-end.ts';
import {Interruption} from './interruption.ts';
import {flushed} from './output.ts';
import {reportError} from './report-error.ts';

/** Runs one command line and ends the process with its exit code; the only place that prints errors. */
export async function main(argv: readonly string[], root: string): Promise<never> {
  endWithReader();
  const words = hoistGlobalFlags(argv);
  let code: number;
  try {
    await run([...words], loadOptions(root));
    code = Number(process.exitCode ?? 0);
  } catch (error) {
    code = reportError(error, words);
  }
  await endAll();
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}

/** package.json as oclif reads it; when the sources run unbuilt, its paths point to them. */
function loadOptions(root: string): Interfaces.LoadOptions {
  const unbuilt = import.meta.url.endsWith('.ts');
  const text = readFileSync(path.join(root, 'package.json'), 'utf8');
  const pjson = JSON.parse(
    unbuilt ? text.replaceAll(/"\.\/dist\/(.*?)(?:\.js)?"/g, toSource) : text,
  ) as Interfaces.PJSON;
  return {root, pjson, ignoreManifest: unbuilt};
}

const toSource = (written: string, place: string): string =>
  written.endsWith('.js"') ? `"./src/${place}.ts"` : `"./src/${place}"`;

/** `niyanta logs -f | head`: a reader that goes away is like Ctrl-C, quietly. */
function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      const interruption = Interruption.current();
      if (!interruption) process.exit(0);
      interruption.abort();
    });
  }
}
