import {type Logger, pino} from 'pino';
import type {WrittenServer} from '../engine/spec/server/server-schema.ts';
import {ecsOf} from '../engine/telemetry/logs/ecs.ts';
import {type LogOutlet, logOutlet} from '../engine/telemetry/logs/log-outlet.ts';
import {recordOf} from '../engine/telemetry/logs/log-record.ts';
import {LogSampler} from '../engine/telemetry/logs/sampling.ts';
import {serveLogLine} from '../engine/view/serve-log-view.ts';

type Settings = Pick<WrittenServer['log'], 'level' | 'format' | 'sampling'>;

export interface ServeLog {
  readonly log: Logger;
  /** For whoever else wants the lines. */
  readonly outlet: LogOutlet;
}

const tellDroppedMs = 10_000;
/** Of pino: from here on every line is written. */
const warn = 40;

/** Logs of `serve` on standard error: a line of JSON each (pino's or ECS), or short lines for people. */
export function serveLog({level, format, sampling}: Settings, stream: NodeJS.WriteStream): ServeLog {
  const outlet = logOutlet(writing(format === 'auto' ? (stream.isTTY ? 'text' : 'json') : format, stream));
  const sampler = new LogSampler({perSecond: sampling});
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: {
      logMethod(this: Logger, args: Parameters<pino.LogFn>, method: pino.LogFn, number: number) {
        const event = args.find(each => typeof each === 'string') ?? '';
        if (number >= warn || sampler.passes(event, performance.now())) method.apply(this, args);
      },
    },
  };
  const log = pino(options, outlet.stream);
  setInterval(() => {
    for (const {event, dropped} of sampler.takeDropped())
      log.warn({event, dropped}, 'lines of this event were sampled away');
  }, tellDroppedMs).unref();
  return {log, outlet};
}

function writing(format: 'json' | 'ecs' | 'text', stream: NodeJS.WriteStream): (line: string) => void {
  if (format === 'text') return line => void stream.write(`${serveLogLine(JSON.parse(line))}\n`);
  const file = pino.destination({fd: 2, sync: true});
  if (format === 'json') return line => void file.write(line);
  return line => void file.write(`${JSON.stringify(ecsOf(recordOf(line)))}\n`);
}
