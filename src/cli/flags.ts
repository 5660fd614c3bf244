import {Args, Flags} from '@oclif/core';
import {UserError} from '../engine/spec/errors.ts';

/** Which stack, which environment, with which parameters: the flags of everything that reads a stack. */
export const stackFlags = {
  file: Flags.string({
    char: 'f',
    summary: 'Stack file; may repeat; - is standard input.',
    description: 'stack.yaml beside niyanta.yaml when not given.',
    helpValue: 'FILE',
    multiple: true,
    multipleNonGreedy: true,
    env: 'NIYANTA_FILE',
  }),
  env: Flags.string({
    char: 'e',
    summary: 'Environment of the stack.',
    helpValue: 'NAME',
    default: 'default',
    env: 'NIYANTA_ENV',
  }),
  param: Flags.string({
    summary: 'A parameter of the stack, as name=value; may repeat.',
    helpValue: 'NAME=VALUE',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** Which project: for everything that needs niyanta.yaml. */
export const projectFlags = {
  project: Flags.string({
    summary: 'niyanta.yaml, or the folder that has it; looked for upwards when not given.',
    helpValue: 'PATH',
    env: 'NIYANTA_PROJECT',
  }),
  state: Flags.string({
    summary: 'Where the state is: file:PATH, ssh://HOST/PATH or postgres://…; as niyanta.yaml says when not given.',
    helpValue: 'URL',
    env: 'NIYANTA_STATE',
  }),
};

/** For what holds in all environments unless told otherwise; NIYANTA_ENV does not narrow it by itself. */
export const ownEnvironmentFlag = Flags.string({
  char: 'e',
  summary: 'The value of this environment alone; without it, that of all which have none of their own.',
  helpValue: 'NAME',
});

/** The environment alone, for commands that need no stack file. */
export const environmentFlag = stackFlags.env;

export const yesFlag = Flags.boolean({
  char: 'y',
  summary: 'Do not ask.',
  default: false,
  env: 'NIYANTA_YES',
});

/** A length of time such as 500ms, 60s, 5m, 1h30m; milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async input => {
    const {parseDuration} = await import('../engine/spec/quantities.ts');
    const ms = parseDuration(input);
    if (ms !== undefined) return ms;
    throw new UserError({
      code: 'duration-invalid',
      message: `${JSON.stringify(input)} is not a duration`,
      hint: 'Write a number and a unit (ms, s, m, h, d), for example 60s or 1h30m.',
    });
  },
});

/** From one look at running replicas to the next. */
export const intervalFlag = durationFlag({
  char: 'i',
  summary: 'From one look to the next.',
  default: 2000,
  defaultHelp: async () => '2s',
});

export const lockWaitFlag = durationFlag({
  summary: 'How long to wait for a lock that another holds.',
  default: 0,
  defaultHelp: async () => '0s',
  env: 'NIYANTA_LOCK_WAIT',
});

export const targetFlag = Flags.string({
  char: 't',
  summary: 'Only this service and what it needs; may repeat.',
  helpValue: 'SERVICE',
  multiple: true,
  multipleNonGreedy: true,
});

export const pullFlag = Flags.boolean({
  summary: 'Ask registries what tags mean now.',
  default: false,
  // One asks for what is new, the other refuses it.
  exclusive: ['locked'],
});

export const lockedFlag = Flags.boolean({
  summary: 'Refuse images that the lock file does not pin.',
  default: false,
});

export const outFlag = Flags.string({
  char: 'o',
  summary: 'Save the plan to a file, for apply.',
  helpValue: 'FILE',
});

export const detailedExitCodeFlag = Flags.boolean({
  summary: 'Exit with 2 when there are changes.',
  default: false,
});

export const onFailureFlag = Flags.option({
  options: ['rollback', 'stop', 'continue'] as const,
  summary: 'What to do when an operation fails.',
  default: 'rollback' as const,
  env: 'NIYANTA_ON_FAILURE',
})();

/** What `ps` and `logs` are about; parsed by themselves, since there may be several. */
export const replicasArg = Args.string({description: 'Services, or replicas as backend/2; all when not given.'});

/** A service name that must be given. */
export const requiredServiceArg = Args.string({name: 'service', description: 'Service of the stack.', required: true});

/** A host name that must be given. */
export const requiredHostArg = Args.string({name: 'host', description: 'Host of the project.', required: true});
