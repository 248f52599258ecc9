# Stage attributes as functions of the parameters.
let
  stage = { pname = { params }: "train-${params.model}"; params = { model = "resnet"; epochs = 100; }; resources = { params }: { cpus = if params.model == "large" then 8 else 4; }; };
  resolve = params: builtins.mapAttrs (n: v: if builtins.isFunction v then v { inherit params; } else v) (removeAttrs stage [ "params" ]);
in map (m: resolve (stage.params // { model = m; })) [ "resnet" "large" ]
