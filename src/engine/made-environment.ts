import type {SshOptions} from './hosts/index.ts';
import {allHosts} from './open-project.ts';
import {openSession} from './session.ts';
import type {MadeEnvironment} from './spec/made-environment.ts';
import type {Project} from './spec/project.ts';
import type {EnvironmentName} from './spec/stack.ts';

/** What the state says of an environment that no file declares: how `niyanta env create` made it. */
export async function madeEnvironment(
  environment: EnvironmentName,
  project: Project,
  env: Readonly<Record<string, string | undefined>>,
  askPassphrase?: SshOptions['askPassphrase'],
): Promise<MadeEnvironment | undefined> {
  const {store} = await openSession({project, hosts: allHosts(project)}, env, askPassphrase);
  try {
    return (await store.read()).environments[environment]?.made;
  } finally {
    await store.close();
  }
}
