import {Args, Flags} from '@oclif/core';

/** Which lab on this machine. Without it: what niyanta.yaml says under `lab`, else `default`. */
export const labNameFlag = Flags.string({
  summary: 'Name of the lab.',
  description: 'Without it: the lab that niyanta.yaml names, else "default".',
  helpValue: 'NAME',
  env: 'NIYANTA_LAB',
});

/** The name in effect, for a command started in `folder`. */
export async function labName(given: string | undefined, folder: string): Promise<string> {
  const {labOfProject} = await import('../engine/lab/project-lab.ts');
  return given ?? labOfProject(folder) ?? 'default';
}

/** A host of a lab. */
export const labHostArg = Args.string({name: 'host', description: 'Host of the lab, for example h1.', required: true});
