import {EngineCommand} from '../../cli/engine-command.ts';
import {environmentFlag, projectFlags} from '../../cli/flags.ts';
import {openOnlyProject} from '../../cli/open.ts';

export default class RouteLs extends EngineCommand {
  static override summary = 'List what each proxy serves, by which replicas, and how these are.';
  static override description =
    'Asks the hosts what their proxies have, and each health check once. "stale" means that a proxy does not serve what ' +
    'its files say: niyanta apply puts that right.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --env staging --json',
  ];
  static override flags = {...projectFlags, env: environmentFlag};

  async run(): Promise<void> {
    const {flags} = await this.parse(RouteLs);
    const session = await openOnlyProject(flags, this.context());
    const {listRoutes} = await import('../../engine/list-routes.ts');
    const {routesView} = await import('../../engine/view/routes-view.ts');
    await this.show(await listRoutes(session, {now: () => new Date(), signal: this.signal}), routesView);
  }
}
