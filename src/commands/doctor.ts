import {EngineCommand} from '../cli/engine-command.ts';
import {projectFlags, stackFlags} from '../cli/flags.ts';
import {stackChoice} from '../cli/open.ts';
import {passphraseAsker} from '../cli/passphrase.ts';
import {Exit} from '../engine/spec/exit-codes.ts';
import {doctorView} from '../engine/view/doctor-view.ts';

export default class Doctor extends EngineCommand {
  static override summary = 'Check this machine, the files and the hosts; say how to mend what is wrong.';
  static override description = 'Changes nothing. Exits with 1 when a check fails; warnings do not count.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -f stack.yaml --env staging --json',
  ];
  static override flags = {...projectFlags, ...stackFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(Doctor);
    const context = this.context();
    const {doctor} = await import('../engine/doctor.ts');
    const ssh = {env: context.env, askPassphrase: passphraseAsker(context)};
    const checks = await doctor(stackChoice(flags, context), {ssh, signal: this.signal});
    await this.show(checks, doctorView);
    this.exitWith(checks.some(({status}) => status === 'failed') ? Exit.failed : Exit.ok);
  }
}
