import type {View} from './look.ts';
import {printableLines} from './printable.ts';

/** What one operation would run on one host, as it would be shown in a shell. */
export interface HostCommands {
  readonly host: string;
  readonly operation: string;
  readonly commands: readonly string[];
}

/** `plan --commands`: by host, in the order of the plan. */
export const commandsView: View<readonly HostCommands[]> = {text: commandsText, json: hosts => ({commands: hosts})};

function commandsText(all: readonly HostCommands[], {style}: Parameters<View<unknown>['text']>[1]): string {
  return [...Map.groupBy(all, ({host}) => host)]
    .map(([host, operations]) =>
      [
        ...printableLines(host).map(style.bold),
        ...operations.flatMap(({operation, commands}) => [
          ...printableLines(operation).map(line => style.dim(`  # ${line}`)),
          ...commands.flatMap(printableLines).map(line => `  ${line}`),
        ]),
      ].join('\n'),
    )
    .join('\n\n');
}
