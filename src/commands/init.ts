import {Flags} from '@oclif/core';
import {EngineCommand} from '../cli/engine-command.ts';
import {parseHosts} from '../cli/host-pairs.ts';
import {initView} from '../engine/view/spec-view.ts';

export default class Init extends EngineCommand {
  static override summary = 'Write a first niyanta.yaml and stack.yaml here.';
  static override description = 'Asks on a terminal for what no flag says; never writes over files without --force.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --name shop --host h1=10.0.0.11 --host h2=10.0.0.12',
    '<%= config.bin %> <%= command.id %> --name shop --lab default --template postgres',
  ];
  static override flags = {
    name: Flags.string({summary: "Name of project and stack; the folder's when not given."}),
    host: Flags.string({
      summary: 'A host; may repeat.',
      helpValue: 'NAME=ADDRESS',
      multiple: true,
      multipleNonGreedy: true,
    }),
    lab: Flags.string({summary: 'Use the hosts of this lab on this machine.', helpValue: 'NAME'}),
    template: Flags.string({summary: 'Add a service made from this template.', helpValue: 'NAME'}),
    force: Flags.boolean({summary: 'Write over files that exist.', default: false}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Init);
    const {initProject} = await import('../engine/init-project.ts');
    const {asName} = await import('../engine/spec/index.ts');
    const {cwd, isTTY} = this.context();
    const folder = asName(cwd.split('/').at(-1) ?? '', 'app');
    const hosts = parseHosts(flags.host);
    const {lab, template} = flags;
    const complete = flags.name !== undefined || !isTTY;
    const starter = complete
      ? {name: flags.name ?? folder, hosts, lab, template}
      : await ask(folder, hosts, lab, template);
    await this.show(await initProject(cwd, starter, flags.force), initView);
  }
}

/** Asks for what the flags left open. */
async function ask(folder: string, given: ReturnType<typeof parseHosts>, lab?: string, template?: string) {
  const {confirm, input} = await import('@inquirer/prompts');
  const output = {output: process.stderr};
  const name = await input({message: 'Name of the project', default: folder}, output);
  const hosts = [...given];
  while (lab === undefined) {
    const answer = await input({message: 'A host, as name=address (empty: no more)'}, output);
    if (answer.trim() === '') break;
    hosts.push(...parseHosts([answer.trim()]));
  }
  const wantsDatabase = template === undefined && (await confirm({message: 'Add PostgreSQL?', default: false}, output));
  return {name, hosts, lab, template: wantsDatabase ? 'postgres' : template};
}
