{ pkgs }:
{
  pname = "text";

  params = {
    lines = 100;
  };

  outputs = {
    text = "$out/text.txt";
  };

  runDependencies = [ pkgs.gawk ];

  run = { outputs, params, ... }: ''
    awk -v lines=${toString params.lines} '
      BEGIN {
        split("seed stage sweep run lab job", word, " ")
        for (i = 0; i < lines; i++)
          print word[i % 6 + 1], word[i * i % 6 + 1], word[i % 4 + 1]
      }' > "${outputs.text}"
  '';
}
