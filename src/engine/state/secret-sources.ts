import {execFile} from 'node:child_process';
import {OutsideError} from '../spec/errors.ts';
import type {SecretSource} from '../spec/project.ts';
import {type SecretValue, secretValue} from './secret-value.ts';

/** Which source gives a secret: the one of its name, else that of the longest prefix. */
export function sourceOf(name: string, sources: readonly SecretSource[]): SecretSource | undefined {
  const named = sources.find(source => source.name === name);
  const prefixed = sources.filter(({prefix}) => prefix !== undefined && name.startsWith(prefix));
  return named ?? prefixed.sort((a, b) => b.prefix!.length - a.prefix!.length)[0];
}

/** The program and its arguments, `${name}` filled in. No shell reads them. */
export const sourceCommand = ({prefix = '', command}: SecretSource, name: string): readonly string[] =>
  command.map(word => word.replaceAll('${name}', () => name.slice(prefix.length)));

/** Bytes. */
const longest = 1024 * 1024;

/**
 * What a source's command prints, but one line break at its end. Errors: OutsideError `secret-source-failed`, with the
 * last it said on standard error; neither what it printed nor its arguments, which may hold a token, are told.
 */
export function askSource(
  source: SecretSource,
  name: string,
  {directory, env}: {readonly directory: string; readonly env: Readonly<Record<string, string | undefined>>},
): Promise<SecretValue> {
  const [program = '', ...args] = sourceCommand(source, name);
  const options = {
    cwd: directory,
    env: withoutSecrets(env),
    timeout: source.timeoutMs,
    maxBuffer: longest,
    encoding: 'buffer',
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(failed(source, name, error, said(stdout, stderr)));
      else if (stdout.length === 0) reject(failed(source, name, {empty: true}, said(stdout, stderr)));
      else resolve(withoutLineBreak(secretValue(stdout)));
    });
    // It asks nobody: what waits for an answer would wait until its time is over.
    child.stdin?.end();
  });
}

/** The variables of this shell but those with secrets of ours: one source has no business with what others keep. */
const withoutSecrets = (env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('NIYANTA_SECRET_') && name !== 'NIYANTA_AGE_IDENTITY'),
  );

const withoutLineBreak = (value: SecretValue): SecretValue =>
  typeof value === 'string' ? value.replace(/\r?\n$/, '') : value;

type Failure = {
  readonly code?: unknown;
  readonly killed?: boolean;
  readonly signal?: unknown;
  readonly empty?: boolean;
};

function failed(source: SecretSource, name: string, failure: Failure, lastLines: readonly string[]): OutsideError {
  const [program] = source.command;
  return new OutsideError({
    code: 'secret-source-failed',
    message: `the secret ${name} was not given by ${program}: ${why(failure, source)}`,
    hint:
      failure.code === 'ENOENT'
        ? `Install ${program}, or correct secrets.sources in niyanta.yaml.`
        : 'Try its command by hand; is one logged in?',
    lastLines,
    ...(typeof failure.code === 'number' ? {exitCode: failure.code} : {}),
  });
}

function why({code, killed, signal, empty}: Failure, {timeoutMs}: SecretSource): string {
  if (empty) return 'it printed nothing';
  if (code === 'ENOENT') return 'there is no such program';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it printed more than 1 MiB';
  if (killed) return `it took longer than ${timeoutMs} ms`;
  return typeof code === 'number' ? `it ended with exit code ${code}` : `it was ended by ${signal ?? code}`;
}

/** The last lines of standard error, without any that the command had printed as a value. */
function said(stdout: Buffer, stderr: Buffer): readonly string[] {
  const printed = stdout
    .toString()
    .split('\n')
    .map(line => line.trim());
  const values = printed.filter(line => line.length >= 4);
  return stderr
    .toString()
    .split('\n')
    .filter(line => line.trim() !== '' && !values.some(value => line.includes(value)))
    .slice(-3);
}
