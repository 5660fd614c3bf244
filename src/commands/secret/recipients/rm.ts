import {Args} from '@oclif/core';
import {EngineCommand} from '../../../cli/engine-command.ts';
import {projectFlags} from '../../../cli/flags.ts';
import {openOnlyProject} from '../../../cli/open.ts';

export default class SecretRecipientsRm extends EngineCommand {
  static override summary = 'Encrypt the secrets anew without an age key.';
  static override description =
    'Who had that key has read the values, and can read older versions of the file: rotate what must stay secret.';
  static override examples = ['<%= config.bin %> <%= command.id %> age1exampleexampleexampleexampleexampleexample'];
  static override args = {recipient: Args.string({description: 'Public key of age: age1…', required: true})};
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretRecipientsRm);
    const session = await openOnlyProject(flags, this.context());
    const {changeRecipients} = await import('../../../engine/secret-recipients.ts');
    const {recipientsView} = await import('../../../engine/view/secrets-view.ts');
    await this.show(await changeRecipients(session, {remove: args.recipient}), recipientsView);
  }
}
