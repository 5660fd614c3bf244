import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class SecretInit extends EngineCommand {
  static override summary = 'Begin encrypted secrets, and make an age key where there is none.';
  static override description =
    'They are kept where niyanta.yaml says (secrets.store): in niyanta.secrets.yaml of the project, to be committed, or ' +
    'in the state. Your key is looked for in NIYANTA_AGE_IDENTITY, NIYANTA_AGE_KEY_FILE, secrets.identity of ' +
    'niyanta.yaml, and ~/.config/niyanta/age.key, where it is made. Keep a copy: without it nobody reads the secrets.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --recipient age1exampleexampleexampleexampleexampleexampleexampleexample',
  ];
  static override flags = {
    ...projectFlags,
    recipient: Flags.string({
      summary: "Another public key of age that can read them, such as a colleague's or that of CI; may repeat.",
      helpValue: 'AGE1…',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(SecretInit);
    const session = await openOnlyProject(flags, this.context());
    const {beginSecrets} = await import('../../engine/begin-secrets.ts');
    const {begunView} = await import('../../engine/view/secrets-view.ts');
    await this.show(await beginSecrets(session, flags.recipient ?? [], this.context().now), begunView);
  }
}
