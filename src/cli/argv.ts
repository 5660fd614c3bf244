const ALONE = ['--json', '--no-color'];
const WITH_VALUE = ['-C', '--directory'];

/** `niyanta -C dir plan` → `plan -C dir`: oclif wants the command first, people who know git and make do not. */
export function hoistGlobalFlags(argv: readonly string[]): readonly string[] {
  let at = 0;
  while (at < argv.length) {
    const word = argv[at]!;
    if (ALONE.includes(word) || /^(-C.+|--directory=)/.test(word)) at += 1;
    else if (WITH_VALUE.includes(word)) at += 2;
    else break;
  }
  if (at === 0 || at >= argv.length || argv[at]!.startsWith('-')) return argv;
  const command = argv.slice(at);
  const end = command.indexOf('--');
  const flags = argv.slice(0, at);
  return end === -1 ? [...command, ...flags] : [...command.slice(0, end), ...flags, ...command.slice(end)];
}
