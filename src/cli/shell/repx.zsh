#compdef repx
_repx() {
    local -a before found open whole
    local now=${(Q)PREFIX} line
    before=("${(@Q)words[1,CURRENT - 1]}")
    before=("${(@)before/#\~\//$HOME/}")
    found=("${(@f)$(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) REPX_COMPLETE=zsh \
        repx -- "${before[@]}" "$now" 2> /dev/null)}")
    # Behind what is only the beginning of a word stands no space.
    for line in "${found[@]}"; do
        if [[ ${line%%:*} == *[=/] ]]; then
            open+=("$line")
        elif [[ -n $line ]]; then
            whole+=("$line")
        fi
    done
    (( $#open + $#whole )) || { _files; return }
    # What is added is quoted, and a quoted `~` would be no home: it stays as it is typed.
    if [[ $PREFIX == \~/* ]]; then
        IPREFIX+='~/' PREFIX=${PREFIX#\~/}
        open=("${(@)open#\~/}") whole=("${(@)whole#\~/}")
    fi
    (( ! $#open )) || _describe -V values open -S ''
    (( ! $#whole )) || _describe -V values whole
}
# As a file of `fpath` it is the body of the function that is called.
if [[ ${funcstack[1]} == _repx ]]; then
    _repx "$@"
else
    compdef _repx repx
fi
