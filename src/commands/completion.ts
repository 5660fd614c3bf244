import {Args} from '@oclif/core';
import {completionScript, type Shell, shells} from '../cli/completion/scripts.ts';
import {EngineCommand} from '../cli/engine-command.ts';

export default class Completion extends EngineCommand {
  static override summary = 'Print a script that completes commands, flags and names in your shell.';
  static override description =
    'Completes commands, flags, and the names of services, hosts, environments, volumes and labs.';
  static override examples = [
    {description: 'For this bash session', command: 'eval "$(<%= config.bin %> completion bash)"'},
    {
      description: 'For every bash session',
      command: '<%= config.bin %> completion bash > ~/.local/share/bash-completion/completions/<%= config.bin %>',
    },
    {description: 'For zsh', command: '<%= config.bin %> completion zsh > "${fpath[1]}/_<%= config.bin %>"'},
    {
      description: 'For fish',
      command: '<%= config.bin %> completion fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    },
  ];
  static override args = {
    shell: Args.string({description: 'bash, zsh or fish.', options: [...shells], required: true}),
  };

  async run(): Promise<void> {
    const {args} = await this.parse(Completion);
    const script = completionScript(args.shell as Shell, this.config.bin);
    await this.show({shell: args.shell, script}, {text: ({script}) => script});
  }
}
