import {text} from 'node:stream/consumers';

/** A secret's value: asked for without showing it on a terminal, else all of standard input but one last line break. */
export async function readSecret(name: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '');
  const {password} = await import('@inquirer/prompts');
  return await password({message: `Value of ${name}:`, mask: '*'}, {output: process.stderr});
}
