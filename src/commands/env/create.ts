import {Args, Flags} from '@oclif/core';
import {parseAssignments} from '../../cli/assignments.ts';
import {EngineCommand} from '../../cli/engine-command.ts';
import {durationFlag, projectFlags, stackFlags} from '../../cli/flags.ts';
import {openOnlyProject, stackChoice} from '../../cli/open.ts';
import {parseParams} from '../../cli/params.ts';
import {createdView} from '../../engine/view/env-changes-view.ts';

export default class EnvCreate extends EngineCommand {
  static override summary = 'Make an environment that stands in no file, like one that does; apply then runs it.';
  static override description =
    'It is kept in the state, for every command with --env. Again, it is renewed: what is set now counts. Values are kept as they are: write secrets as ${secret:NAME}.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> preview-42 --from staging --expires 72h',
    '<%= config.bin %> <%= command.id %> preview-42 --from staging --set services.web.replicas=1 --param size=small',
  ];
  static override args = {environment: Args.string({description: 'Name of the new environment.', required: true})};
  static override flags = {
    ...projectFlags,
    file: stackFlags.file,
    param: stackFlags.param,
    from: Flags.string({summary: 'Environment that it is like.', helpValue: 'NAME', default: 'default'}),
    set: Flags.string({
      summary: 'A value of the stack, as path=value; may repeat.',
      helpValue: 'PATH=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    expires: durationFlag({summary: 'How long it lives after each apply; as niyanta.yaml says when not given.'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(EnvCreate);
    const context = this.context();
    const session = await openOnlyProject({...flags, env: args.environment}, context);
    const {createEnvironment} = await import('../../engine/create-environment.ts');
    const made = {from: flags.from, params: parseParams(flags.param), set: parseAssignments('set', flags.set)};
    const choice = stackChoice({...flags, param: []}, context);
    const created = await createEnvironment(session, {
      ...made,
      choice,
      lifetimeMs: flags.expires,
      now: new Date(),
    });
    await this.show(created, createdView);
  }
}
