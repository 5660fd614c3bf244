import {ServiceCommand} from '../cli/service-command.ts';

export default class Stop extends ServiceCommand {
  static override summary = 'Stop services; they stay stopped, over applies and reboots too, until they are started.';
  static override description =
    'In reverse order of needs. Containers, addresses and volumes stay, so that starting is quick.';
  static override usage = 'stop [SERVICE...] [--env NAME] [--yes]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> backend --yes',
    '<%= config.bin %> <%= command.id %> --env staging --yes --json',
  ];

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Stop);
    await this.change('stop', flags, argv.map(String));
  }
}
