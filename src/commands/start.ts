import {ServiceCommand} from '../cli/service-command.ts';

export default class Start extends ServiceCommand {
  static override summary = 'Start services that were stopped.';
  static override description =
    'In the order of needs, each when what it needs is healthy. Says when there is nothing to start.';
  static override usage = 'start [SERVICE...] [--env NAME] [--yes]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> backend --yes',
    '<%= config.bin %> <%= command.id %> --env staging --yes --json',
  ];

  async run(): Promise<void> {
    const {flags, argv} = await this.parse(Start);
    await this.change('start', flags, argv.map(String));
  }
}
