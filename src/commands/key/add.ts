import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {durationFlag} from '../../cli/flags.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';
import {createdKeyView} from '../../engine/view/server-views.ts';

export default class KeyAdd extends EngineCommand {
  static override summary = 'Make an API key. It is printed once.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --role customer --customer acme --note CI --expires 90d',
  ];
  static override flags = {
    ...serverFlags,
    role: Flags.option({
      options: ['admin', 'operator', 'customer', 'viewer'] as const,
      summary: 'What it may do.',
      required: true,
    })(),
    customer: Flags.string({summary: 'Whose it is; none for the whole coordinator.', helpValue: 'ID'}),
    scope: Flags.string({
      summary: 'Only this, of what the role may do: workloads:read; may repeat.',
      helpValue: 'SCOPE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    note: Flags.string({summary: 'What it is for.', helpValue: 'TEXT'}),
    expires: durationFlag({summary: 'How long it opens anything; for ever when not given.'}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(KeyAdd);
    const {api} = await openServer(flags);
    const {answerOf} = await import('../../engine/client/api-client.ts');
    const {role, customer, scope, note, expires} = flags;
    const body = {
      role,
      ...(customer !== undefined && {customer}),
      ...(scope?.length && {scopes: scope}),
      ...(note !== undefined && {note}),
      ...(expires !== undefined && {expiresAt: new Date(Date.now() + expires).toISOString()}),
    };
    await this.show(await answerOf(api.POST('/v1/keys', {body})), createdKeyView);
  }
}
