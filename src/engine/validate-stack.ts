import {declaredEnvironments, readFiles, type StackChoice} from './open-project.ts';
import {Problems} from './spec/problems.ts';

/** What was found right. */
export interface Validation {
  readonly project: string;
  readonly stack: string;
  readonly files: readonly string[];
  /** Written in niyanta.yaml. */
  readonly hosts: number;
  /** Whose hosts come on top; need not be up. */
  readonly lab?: string;
  readonly services: readonly string[];
  readonly volumes: readonly string[];
  readonly environments: readonly string[];
}

/**
 * Reads project and stack as every command does, in the environment told, or in all that the stack declares: `stdin`
 * is asked for each.
 * Errors: UserErrors with everything that is wrong in any of them, each once.
 */
export async function validateStack(choice: StackChoice): Promise<Validation> {
  const environments = choice.environment ? [choice.environment] : await allEnvironments(choice);
  const problems = new Problems();
  const opened: Awaited<ReturnType<typeof readFiles>>[] = [];
  for (const environment of environments) {
    const one = await problems.gather(() => readFiles({...choice, environment}));
    if (one) opened.push(one);
  }
  problems.throwIfAny();
  const {project, stack, stackFiles} = opened[0]!;
  return {
    project: project.name,
    stack: stack.name,
    files: [project.file, ...stackFiles],
    hosts: project.hosts.length,
    ...(project.lab !== undefined && {lab: project.lab}),
    services: stack.services.map(service => service.name),
    volumes: stack.volumes.map(volume => volume.name),
    environments,
  };
}

async function allEnvironments(choice: StackChoice): Promise<string[]> {
  return [...new Set(['default', ...(await declaredEnvironments(choice))])];
}
