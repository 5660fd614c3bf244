export type Shell = 'bash' | 'zsh' | 'fish';

export const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** A script for the shell's start-up file that asks `niyanta complete` at each TAB; so it never goes stale. */
export function completionScript(shell: Shell, bin: string): string {
  return scripts[shell].replaceAll('BIN', bin);
}

const scripts: Readonly<Record<Shell, string>> = {
  bash: `_BIN() {
  COMPREPLY=()
  local candidate
  while IFS= read -r candidate; do
    COMPREPLY+=("$candidate")
  done < <(BIN complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ "\${COMPREPLY[0]}" == *= ]]; then compopt -o nospace; fi
}
complete -o default -F _BIN BIN`,
  zsh: `#compdef BIN
_BIN() {
  local -a candidates
  candidates=("\${(@f)$(BIN complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${candidates[1]}" == *= ]]; then compadd -S '' -a candidates
  elif [[ -n "\${candidates[1]}" ]]; then compadd -a candidates; else _files; fi
}
if [[ "$funcstack[1]" == "_BIN" ]]; then _BIN "$@"; else compdef _BIN BIN; fi`,
  fish: `function __BIN_complete
  set -l words (commandline -opc) (commandline -ct)
  BIN complete -- $words[2..-1] 2>/dev/null
end
complete -c BIN -a '(__BIN_complete)'`,
};
