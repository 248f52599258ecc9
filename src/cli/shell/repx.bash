# A word as it is typed, without its quotes, in `plain`.
_repx_plain() {
    local text=$1 quote='' c i
    plain=
    for ((i = 0; i < ${#text}; i++)); do
        c=${text:i:1}
        if [[ $c == "$quote" ]]; then
            quote=
        elif [[ -z $quote && ($c == \' || $c == \") ]]; then
            quote=$c
        elif [[ $c == \\ && $quote != \' ]]; then
            ((++i))
            # Between double quotes it stands for itself before most characters.
            [[ -z $quote || ${text:i:1} == [\"\$\`\\] ]] || plain+=\\
            plain+=${text:i:1}
        else
            plain+=$c
        fi
    done
}
# Bash takes words apart at characters such as `=`, `:` and `@`, which are parts of repx's words: these are put together
# again, and of each answer goes what bash takes for another word.
_repx() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word plain prefix i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=${line#"${line%%[![:space:]]*}"}
        if [[ $i -gt 0 && $line != [[:space:]]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        line=${line#"${line%%[![:space:]]*}"}
        line=${line#"$word"}
    done
    for ((i = 0; i < ${#words[@]}; i++)); do
        _repx_plain "${words[i]}"
        # The word that is completed keeps its `~`, which then stands in all that fits.
        [[ ${words[i]} != '~/'* || $i -eq ${#words[@]}-1 ]] || plain=$HOME${plain#'~'}
        words[i]=$plain
    done
    prefix=${words[${#words[@]} - 1]}
    _repx_plain "$2"
    prefix=${prefix%"$plain"}
    COMPREPLY=()
    while IFS= read -r word; do
        # What is written ends in no line break: without words there is an empty line.
        [[ -n $word ]] || continue
        word=${word#"$prefix"}
        # Behind a quote bash puts what it is given between quotes.
        [[ ${COMP_WORDS[COMP_CWORD]} == [\"\']* ]] || printf -v word %q "$word"
        # A quoted `~` would be no home.
        [[ ${COMP_WORDS[COMP_CWORD]} != '~/'* ]] || word=${word#\\}
        COMPREPLY+=("$word")
    done < <(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) \
        REPX_COMPLETE=bash repx -- "${words[@]}" 2> /dev/null; echo)
    if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *[=/:] ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
complete -o default -o nosort -F _repx repx 2> /dev/null ||
    complete -o default -F _repx repx
