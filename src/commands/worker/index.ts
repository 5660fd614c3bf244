import {hostname} from 'node:os';
import {resolve} from 'node:path';
import {Flags} from '@oclif/core';
import {type Address, parseAddress} from '../../cli/address.ts';
import {parseAssignments} from '../../cli/assignments.ts';
import {EngineCommand} from '../../cli/engine-command.ts';
import {durationFlag} from '../../cli/flags.ts';
import {natsFlags, natsOf} from '../../cli/nats-flags.ts';
import {serveLog} from '../../cli/serve-log.ts';
import {untilStopped} from '../../cli/until-stopped.ts';
import {workingView} from '../../engine/view/working-view.ts';

export default class Worker extends EngineCommand {
  static override summary = 'Run the workloads that a coordinator has for this machine; it is reached by NATS.';
  static override description =
    'Needs containerd and root. SIGTERM drains: what can write a checkpoint does and goes elsewhere, the others have until the deadline to end, and begin anew elsewhere then. After kill -9 what runs goes on, and is taken up again.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --nats nats://127.0.0.1:4222',
    '<%= config.bin %> <%= command.id %> --nats tls://broker.example --nats-tls-ca ca.pem --nats-tls-cert h1.pem --nats-tls-key h1.key',
  ];
  static override flags = {
    ...natsFlags,
    name: Flags.string({
      summary: "Name of this worker; that of its certificate, or the machine's, when not said.",
      env: 'NIYANTA_WORKER_NAME',
    }),
    region: Flags.string({summary: 'Where it is, for placement.', env: 'NIYANTA_WORKER_REGION'}),
    label: Flags.string({summary: 'Label for placement; may be repeated.', helpValue: 'NAME=VALUE', multiple: true}),
    data: Flags.string({
      summary: 'Folder by which this worker is known when it starts anew; one worker at a time has it.',
      helpValue: 'DIR',
      default: '/var/lib/niyanta/worker',
      env: 'NIYANTA_WORKER_DATA',
    }),
    'log-level': Flags.option({
      options: ['debug', 'info', 'warn', 'error'] as const,
      summary: 'What is logged on standard error.',
      default: 'info' as const,
      env: 'NIYANTA_LOG_LEVEL',
    })(),
    'log-format': Flags.option({
      options: ['auto', 'json', 'ecs', 'text'] as const,
      summary: 'How; auto is text on a terminal and JSON elsewhere.',
      default: 'auto' as const,
      env: 'NIYANTA_LOG_FORMAT',
    })(),
    'metrics-listen': Flags.custom<Address>({
      summary: 'Where Prometheus reads /metrics of this worker, without a key; nowhere when not said.',
      helpValue: 'HOST:PORT',
      env: 'NIYANTA_METRICS_LISTEN',
      parse: async text => parseAddress(text),
    })(),
    'stop-deadline': durationFlag({
      summary: 'How long a drain may take.',
      default: 60_000,
      defaultHelp: async () => '1m',
    }),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Worker);
    const {cwd, env} = this.context();
    const {name, region} = flags;
    const logged = {level: flags['log-level'], format: flags['log-format'], sampling: 100};
    const {log} = serveLog(logged, process.stderr);
    const nats = natsOf(flags, cwd, env);
    const labels = parseAssignments('label', flags.label);
    const seen = {version: this.config.version, metrics: flags['metrics-listen'], log};
    const about = {name, region, labels, nats, env, data: resolve(cwd, flags.data), ...seen};
    const {withAgent} = await import('../../engine/coordinator/agent/open-agent.ts');
    await withAgent({...about, machine: hostname().split('.')[0] ?? ''}, async agent => {
      const stop = () => agent.leave(flags['stop-deadline']);
      const stopped = untilStopped({log, reload: async () => {}, stop});
      await Promise.race([agent.registered, agent.refused, stopped]);
      await this.show({name: agent.name, broker: nats.url, metrics: agent.metrics}, workingView);
      await Promise.race([stopped, agent.refused]);
    });
  }
}
