# Interpreters with libraries. The libraries are whatever the machine's interpreter finds; an environment
# made of them is the interpreter together with the record of what was asked for.
{ prim, lib, package }:
let
  inherit (package) words;

  modules =
    language: names:
    let
      module = package.module language;
      listed = lib.genAttrs names module // {
        callPackage = package.callWith module listed;
      };
    in
    prim.openSet {
      set = listed;
      missing = module;
    };
  requested = map (module: module.pname or module);

  # `choose` is the function given to `withPackages`, or a plain list.
  environment =
    name: programs: set: choose:
    package.program name programs {
      _repx_host.packages = requested (if builtins.isFunction choose then choose set else choose);
    };

  pythonModules = words ''
    aiohttp altair anndata arviz astropy attrs beautifulsoup4 biopython bokeh boto3 catboost click
    cloudpickle cryptography cython dask datasets diskcache flask fastapi gensim geopandas gym h5py httpx
    hypothesis igraph imageio ipykernel ipython isort jax jaxlib jinja2 joblib jsonschema jupyter jupyterlab
    keras lightgbm lxml matplotlib mlflow more-itertools mpi4py mypy nbconvert netcdf4 networkx nltk
    notebook numba numexpr numpy opencv4 openpyxl optuna orjson packaging pandas pandas-stubs patsy pillow
    pip plotly plotnine polars psutil psycopg2 pyarrow pydantic pydot pygraphviz pymc pyparsing pytest
    pytest-cov pytorch-lightning pyserial python-dateutil python-dotenv pytz pywavelets pyyaml pyzmq rdkit
    redis regex requests rich ruamel-yaml sacred scikit-image scikit-learn scikitlearn scipy seaborn
    sentencepiece setuptools shapely simpy six spacy sqlalchemy statsmodels sympy tables tabulate
    tensorboard tensorflow tokenizers toml torch torch-geometric torchaudio torchvision tornado tqdm
    transformers typer umap-learn virtualenv wandb wheel xarray xgboost xlrd zarr
  '';

  versioned =
    attribute: main:
    let
      # Many machines have no plain `python`; scripts that ask for it get what there is.
      programs = [
        main
        "python3"
        "python"
        "pip3"
        "pip"
      ];
      pkgs = modules "python" pythonModules;
    in
    package.program attribute (lib.unique programs) {
      inherit pkgs;
      pythonVersion = "3";
      interpreter = "${prim.hostPath attribute}/bin/${main}";
      sitePackages = "lib/python3/site-packages";
      withPackages = environment "python3-env" (lib.unique programs) pkgs;
      buildEnv = {
        override =
          {
            extraLibs ? [ ],
            ...
          }:
          environment "python3-env" (lib.unique programs) pkgs extraLibs;
      };
    };

  withModules =
    language: attribute: programs: names:
    let
      pkgs = modules language names;
    in
    package.program attribute programs {
      inherit pkgs;
      withPackages = environment "${attribute}-env" programs pkgs;
    };

  # nixpkgs' wrappers take their libraries through `override`.
  wrapper =
    attribute: programs:
    package.program attribute programs {
      override =
        {
          packages ? [ ],
          ...
        }:
        environment attribute programs { } packages;
    };
  rPrograms = [
    "Rscript"
    "R"
  ];

  python3 = versioned "python3" "python3";
in
rec {
  inherit python3;
  python = python3;
  python3Full = python3;
  python3Minimal = python3;
  python310 = versioned "python310" "python3.10";
  python311 = versioned "python311" "python3.11";
  python312 = versioned "python312" "python3.12";
  python313 = versioned "python313" "python3.13";
  python314 = versioned "python314" "python3.14";
  python3Packages = python3.pkgs;
  python310Packages = python3.pkgs;
  python311Packages = python3.pkgs;
  python312Packages = python3.pkgs;
  python313Packages = python3.pkgs;
  python314Packages = python3.pkgs;

  perl = withModules "perl" "perl" [ "perl" ] [ ];
  perlPackages = perl.pkgs;
  ruby = withModules "ruby" "ruby" [
    "ruby"
    "bundle"
    "gem"
    "irb"
    "rake"
  ] [ ];
  rubyPackages = ruby.pkgs;
  octave = withModules "octave" "octave" [
    "octave"
    "octave-cli"
  ] [ ];
  octavePackages = octave.pkgs;
  octaveFull = octave;
  julia = withModules "julia" "julia" [ "julia" ] [ ];
  julia-bin = julia;

  # The main program of the package R is R, but stages call scripts.
  R = package.program "R" (lib.reverseList rPrograms) { };
  rWrapper = wrapper "rWrapper" rPrograms;
  radianWrapper = wrapper "radianWrapper" [ "radian" ];
  rstudioWrapper = wrapper "rstudioWrapper" [ "rstudio" ];
  rPackages = modules "R" (words ''
    broom caret data_table dplyr forcats ggplot2 glmnet jsonlite knitr lme4 lubridate magrittr purrr R6 Rcpp
    readr rmarkdown rstan shiny stringr survival testthat tibble tidyr tidyverse
  '');
}
