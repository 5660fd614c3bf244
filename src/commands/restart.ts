import {ServiceCommand} from '../cli/service-command.ts';

export default class Restart extends ServiceCommand {
  static override summary = 'Restart services, one replica after another, each when the one before it is healthy.';
  static override description = 'Containers stay the same, with their addresses and volumes; for new ones see apply.';
  static override usage = 'restart [SERVICE...] [--env NAME] [--yes]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> backend --yes',
    '<%= config.bin %> <%= command.id %> --env staging --yes --json',
  ];

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Restart);
    await this.change('restart', flags, argv.map(String));
  }
}
