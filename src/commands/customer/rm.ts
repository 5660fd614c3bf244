import {setTimeout as after} from 'node:timers/promises';
import {Args, Flags} from '@oclif/core';
import {EngineCommand} from '../../cli/engine-command.ts';
import {openServer, serverFlags} from '../../cli/workloads/server.ts';

/** From one try to the next, while what was cancelled ends. */
const LOOK_MS = 500;

export default class CustomerRm extends EngineCommand {
  static override summary = 'Remove a customer: its keys open nothing any more, its schedules go; the audit stays.';
  static override description =
    'Refused while it has workloads that have not ended, or environments. --cancel suspends it, cancels its workloads, and ' +
    'waits until they have ended.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> acme',
    '<%= config.bin %> <%= command.id %> acme --cancel',
  ];
  static override args = {id: Args.string({description: 'Id of the customer.', required: true})};
  static override flags = {
    ...serverFlags,
    cancel: Flags.boolean({summary: 'Cancel what has not ended.', default: false}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(CustomerRm);
    const client = await openServer(flags);
    const {cancelAllOf, removeCustomer} = await import('../../engine/client/remove-customer.ts');
    if (flags.cancel) await cancelAllOf(client, args.id);
    while (!(await removeCustomer(client, args.id, flags.cancel)))
      await after(LOOK_MS, undefined, {signal: this.signal});
    await this.show({removed: args.id}, {text: () => `removed ${args.id}`});
  }
}
