import type {SshOptions} from '../hosts/index.ts';
import type {Host, Project} from '../spec/project.ts';
import {openFileStore} from './file-store.ts';
import type {Secrets} from './secrets.ts';
import type {StateStore} from './store.ts';

/** What it may take to reach a store. */
export interface StoreSurroundings {
  /** Those of the project, one of which may keep its state. */
  readonly hosts: readonly Host[];
  readonly ssh: SshOptions;
  readonly secrets: Secrets;
}

/** The store where niyanta.yaml says it is. Nothing is connected to yet, and only what is needed is loaded. */
export async function openStore({name, state}: Project, around: StoreSurroundings): Promise<StateStore> {
  switch (state.kind) {
    case 'file':
      return openFileStore(state.path, name);
    case 'ssh':
      return (await import('./ssh/ssh-store.ts')).openSshStore(state, name, around);
    case 'postgres':
      return (await import('./postgres/postgres-store.ts')).openPostgresStore(state, name, around);
  }
}
