import {bytes} from '../../engine/view/quantities-view.ts';
import type {CommandContext} from '../engine-command.ts';
import {stackChoice} from '../open.ts';
import type {ServedEnvironment} from './served-environment.ts';

interface Sending {
  readonly context: CommandContext;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** Worth a word while it is sent. Bytes. */
const large = 16 * 2 ** 20;

/** Packs the project that flags name, and sends it. Returns the bundle's name. */
export async function sendProject(
  served: ServedEnvironment,
  flags: Parameters<typeof stackChoice>[0],
  {context, signal, note}: Sending,
): Promise<string> {
  const {packProject} = await import('../../engine/pack-project.ts');
  const onBuild = (label: string, line: string) => note(`${label}: ${line}`);
  const packed = await packProject(stackChoice(flags, context), {signal, onBuild});
  let told = false;
  return served.send(
    () => packed.tar(),
    (_, of) => {
      if (!told && of > large) note(`sending ${bytes(of)} to the coordinator`);
      told = true;
    },
  );
}
