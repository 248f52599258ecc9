# Asks for the words that fit, if there are any.
function __repx_fits
    set --local before (commandline --current-process --tokenize --cut-at-cursor)
    set --local token (commandline --current-token --cut-at-cursor)
    # Behind a quote a word is open.
    set --local now (string unescape -- "$token"; or string replace --regex '^["\']' '' -- "$token")
    set before (string replace --regex '^~/' "$HOME/" -- $before)
    set --global __repx_words (REPX_COMPLETE=fish repx -- $before "$now" 2> /dev/null)
    set --query __repx_words[1]
end
complete --command repx --condition __repx_fits --keep-order --no-files --arguments '$__repx_words'
complete --command repx --condition 'not __repx_fits' --force-files
