import type {CommandContext} from './engine-command.ts';

/** Asks for passphrases of identity files on the terminal, one at a time; undefined where nobody can be asked. */
export function passphraseAsker({isTTY}: CommandContext): ((file: string) => Promise<string>) | undefined {
  if (!isTTY) return undefined;
  let before: Promise<unknown> = Promise.resolve();
  return file => {
    const asked = before.then(async () => {
      const {password} = await import('@inquirer/prompts');
      // On standard error: standard output is for the result alone.
      return password({message: `Passphrase of ${file}:`}, {output: process.stderr});
    });
    before = asked.catch(() => undefined);
    return asked;
  };
}
