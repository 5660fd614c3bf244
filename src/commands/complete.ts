import {resolve} from 'node:path';
import {type CompletableCommand, candidates} from '../cli/completion/candidates.ts';
import {joinEquals, valuesOfFlag} from '../cli/completion/words.ts';
import {EngineCommand} from '../cli/engine-command.ts';

/** What the scripts of `niyanta completion` ask: `complete -- WORDS`, the last of them under the cursor. */
export default class Complete extends EngineCommand {
  static override summary = 'Print what may stand at the end of a command line, one a line.';
  static override hidden = true;
  static override strict = false;

  async run(): Promise<void> {
    const words = joinEquals(this.argv.slice(this.argv.indexOf('--') + 1));
    this.parsed = true;
    const folder = resolve(valuesOfFlag(words, '-C', '--directory').at(-1) ?? '.');
    const stackFiles = valuesOfFlag(words, '-f', '--file');
    const {knownNames} = await import('../cli/completion/known-names.ts');
    const commands: readonly CompletableCommand[] = this.config.commands;
    const found = await candidates(words, commands, kind => knownNames(kind, folder, stackFiles));
    // What a shell would have to quote is not offered.
    for (const each of found.filter(candidate => /^[\w.@%+:=/-]+$/.test(candidate))) await this.line(each);
  }
}
