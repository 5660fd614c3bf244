import {type Command, Help} from '@oclif/core';
import {exitCodesText} from './exit-codes-help.ts';

/** The help of oclif with the exit codes below, and `niyanta help exit-codes`. */
export default class NiyantaHelp extends Help {
  override async showHelp(argv: string[]): Promise<void> {
    if (argv.filter(word => !word.startsWith('-')).at(-1) === 'exit-codes') return this.log(exitCodesText());
    await super.showHelp(argv);
  }

  override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.#exitCodes();
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    await super.showCommandHelp(command);
    this.#exitCodes();
  }

  #exitCodes(): void {
    this.log(`EXIT CODES\n${indented(exitCodesText())}\n`);
  }
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
