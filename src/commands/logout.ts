import {EngineCommand} from '../cli/engine-command.ts';
import {serverAddress, serverFlags} from '../cli/workloads/server.ts';
import {logoutView} from '../engine/view/login-view.ts';

export default class Logout extends EngineCommand {
  static override summary = 'Forget the login to a coordinator, here and at the issuer.';
  static override examples = ['<%= config.bin %> <%= command.id %> --server https://niyanta.example'];
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(Logout);
    const {logOut} = await import('../engine/client/login/log-out.ts');
    const {loginsFile} = await import('../engine/client/login/logins.ts');
    await this.show(await logOut(serverAddress(flags.server), loginsFile(process.env), this.signal), logoutView);
  }
}
