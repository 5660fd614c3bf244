import {z} from 'zod';

export const settingAnswer = z
  .object({
    name: z.string().meta({examples: ['scheduling.preemption.enabled']}),
    value: z.string().describe('As it was written; secrets as ${secret:NAME}, passwords hidden.'),
    origin: z.string().describe('Flag, variable, file with line and column, or default.'),
  })
  .meta({id: 'Setting'});

export const settingChanges = z
  .object({
    atRunTime: z.array(z.string()).describe('Settings that have changed now.'),
    atRestart: z.array(z.string()).describe('Settings that count from the next start of this process.'),
  })
  .meta({id: 'SettingChanges'});
