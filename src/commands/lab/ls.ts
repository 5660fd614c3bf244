import {EngineCommand} from '../../cli/engine-command.ts';

export default class LabLs extends EngineCommand {
  static override summary = 'List the labs on this machine, with their hosts.';
  static override examples = ['<%= config.bin %> lab ls', '<%= config.bin %> lab ls --json'];

  async run(): Promise<void> {
    await this.parse(LabLs);
    const {labList, labStatus} = await import('../../engine/lab/index.ts');
    const {labsView} = await import('../../engine/view/lab-view.ts');
    await this.show(labList().map(labStatus), labsView);
  }
}
