import {EngineCommand} from '../../../cli/engine-command.ts';
import {projectFlags} from '../../../cli/flags.ts';
import {openOnlyProject} from '../../../cli/open.ts';

export default class SecretRecipientsLs extends EngineCommand {
  static override summary = 'List the public keys for which the secrets are encrypted.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = {...projectFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(SecretRecipientsLs);
    const session = await openOnlyProject(flags, this.context());
    const {listRecipients} = await import('../../../engine/secret-recipients.ts');
    const {recipientsView} = await import('../../../engine/view/secrets-view.ts');
    await this.show(await listRecipients(session), recipientsView);
  }
}
