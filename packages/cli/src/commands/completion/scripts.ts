/**
 * The shell asks the program itself at each tab, so that names of topics and groups are those that there are. What was typed is
 * passed on as it is and never evaluated; nothing of bash-completion is needed, and bash 3.2 will do.
 */
export const scripts = {
  bash: `# Completion of tidegate for bash: source <(tidegate completion bash)
_tidegate() {
  local line=\${COMP_LINE:0:COMP_POINT} last=\${COMP_WORDS[COMP_CWORD]} IFS=$' \\t\\n'
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  local current=\${words[\${#words[@]}-1]}
  # Of a word with = or : in it, bash replaces only what stands behind.
  [[ $last == [=:] ]] && last=""
  local before=\${current%"$last"} candidate
  COMPREPLY=()
  while IFS= read -r candidate; do
    [[ -n $candidate ]] && COMPREPLY+=("\${candidate#"$before"}")
  done < <("$1" completion bash -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _tidegate tidegate
`,
  zsh: `#compdef tidegate
# Completion of tidegate for zsh: source <(tidegate completion zsh), or save it as _tidegate in a folder of $fpath
_tidegate() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${candidates[1]}" ]]; then
    _describe -t tidegate tidegate candidates
  else
    _default
  fi
}
if [[ "\${funcstack[1]}" == _tidegate ]]; then
  _tidegate "$@"
else
  compdef _tidegate tidegate
fi
`,
} as const;
