import {setTimeout as sleep} from 'node:timers/promises';
import {EngineCommand} from '../cli/engine-command.ts';
import {tell} from '../cli/output.ts';
import {serverAddress, serverFlags} from '../cli/workloads/server.ts';
import {loginView, promptText} from '../engine/view/login-view.ts';

export default class Login extends EngineCommand {
  static override summary = 'Log in to a coordinator: open an address in a browser, and confirm a code.';
  static override description =
    'For coordinators that take tokens of an OpenID Connect issuer and say so (oidc.login in their settings). The login is kept in ~/.config/niyanta/logins.json, for you alone, and renewed as long as the issuer allows; commands use it where NIYANTA_API_KEY is not set.';
  static override examples = ['<%= config.bin %> <%= command.id %> --server https://niyanta.example'];
  static override flags = {...serverFlags};

  async run(): Promise<void> {
    const {flags} = await this.parse(Login);
    const {logIn} = await import('../engine/client/login/log-in.ts');
    const {loginsFile} = await import('../engine/client/login/logins.ts');
    const result = await logIn(serverAddress(flags.server), loginsFile(process.env), {
      prompt: prompt => tell(promptText(prompt)),
      sleep: (ms, signal) => sleep(ms, undefined, {signal}),
      now: Date.now,
      signal: this.signal,
    });
    await this.show(result, loginView);
  }
}
