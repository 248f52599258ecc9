{ pkgs }:
{
  pname = "show";
  params = {
    flag = true;
    maybe = null;
    items = [ ];
    config = { };
    int = 42;
    negative = -7;
    big = 9007199254740993;
    float = 0.1;
    whole = 2.0;
    tiny = 1.0e-7;
    empty = "";
    text = "it's \"quoted\" $HOME é";
    lines = "one\ntwo";
  };
  outputs = {
    params = "$out/params.txt";
  };
  run = { outputs, params, ... }: ''
    printf '%s\n' ${toString params.int} ${toString params.float} ${params.text} > "${outputs.params}"
  '';
}
