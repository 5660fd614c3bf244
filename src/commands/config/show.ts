import {Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {projectFlags, stackFlags} from '../../cli/flags.ts';
import {configView} from '../../engine/view/spec-view.ts';

export default class ConfigShow extends EngineCommand {
  static override summary = 'Show the settings that hold, and with --origin who said so.';
  static override examples = ['<%= config.bin %> config show --origin', '<%= config.bin %> config show --json'];
  static override flags = {
    ...projectFlags,
    env: stackFlags.env,
    file: stackFlags.file,
    origin: Flags.boolean({summary: 'Show where each comes from: flag, variable, file and line, or default.'}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(ConfigShow);
    const {showConfig} = await import('../../engine/show-config.ts');
    const {cwd, env} = this.context();
    const isDefault = flags.env === 'default' && env.NIYANTA_ENV === undefined;
    const settings = await showConfig({cwd, env, project: flags.project, state: flags.state}, [
      {name: 'env', flag: isDefault ? undefined : flags.env, variable: 'NIYANTA_ENV', fallback: 'default'},
      {name: 'file', flag: flags.file?.join(' '), variable: 'NIYANTA_FILE', fallback: 'stack.yaml'},
    ]);
    await this.show(settings, configView(flags.origin));
  }
}
