import {Flags} from '@oclif/core';

/** How a command speaks: to people, to programs, to GitHub's log, to a pull request. */
export type Format = 'text' | 'json' | 'github' | 'markdown';

/** A command's `--format`, with the formats that it knows. */
export const formatFlag = <F extends Format>(options: readonly F[]) =>
  Flags.option({
    options,
    summary: 'How to print; github, which GitHub Actions gets by itself, adds annotations at the lines of the YAML.',
    helpValue: options.join('|'),
    exclusive: ['json'],
  })();

/** The format that these words ask for: `--format` and `--json` before what the environment says. */
export function formatOf(argv: readonly string[], env: NodeJS.ProcessEnv): Format {
  const words = flagsOf(argv);
  if (words.includes('--json')) return 'json';
  const at = words.findLastIndex(word => word === '--format' || word.startsWith('--format='));
  const told = at < 0 ? undefined : words[at] === '--format' ? words[at + 1] : words[at]!.slice('--format='.length);
  if (told === 'text' || told === 'json' || told === 'github' || told === 'markdown') return told;
  return inGitHubActions(env) ? 'github' : 'text';
}

/** GitHub's runner reads both streams, and shows what it finds of commands. */
export const inGitHubActions = (env: NodeJS.ProcessEnv): boolean => env.GITHUB_ACTIONS === 'true';

/** Whether annotations are printed, and summary and outputs of the workflow's step written. */
export const speaksToGitHub = (format: Format, env: NodeJS.ProcessEnv): boolean =>
  format === 'github' || (format === 'markdown' && inGitHubActions(env));

/** Whether one of niyanta's own words has this flag; what stands behind `--` belongs to somebody else. */
export const hasFlag = (argv: readonly string[], flag: string): boolean => flagsOf(argv).includes(flag);

function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}
