import {Args} from '@oclif/core';
import {EngineCommand} from '../../../cli/engine-command.ts';
import {projectFlags} from '../../../cli/flags.ts';
import {openOnlyProject} from '../../../cli/open.ts';

export default class SecretRecipientsAdd extends EngineCommand {
  static override summary = 'Let another age key read the secrets: all of them are encrypted anew.';
  static override examples = ['<%= config.bin %> <%= command.id %> age1exampleexampleexampleexampleexampleexample'];
  static override args = {recipient: Args.string({description: 'Public key of age: age1…', required: true})};
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretRecipientsAdd);
    const session = await openOnlyProject(flags, this.context());
    const {changeRecipients} = await import('../../../engine/secret-recipients.ts');
    const {recipientsView} = await import('../../../engine/view/secrets-view.ts');
    await this.show(await changeRecipients(session, {add: args.recipient}), recipientsView);
  }
}
