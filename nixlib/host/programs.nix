# Which programs a package of nixpkgs brings, by attribute name. The first is its main program and has to
# be there at run time; the others come along where the machine has them.
{
  # Shells and the basics of every script.
  bash = "bash sh";
  bashInteractive = "bash sh";
  bashNonInteractive = "bash sh";
  dash = "dash";
  fish = "fish";
  zsh = "zsh";
  busybox = "busybox";
  coreutils = ''
    ls [ arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit
    cut date dd df dir dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id
    install join link ln logname md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste
    pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum
    sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test
    timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes
  '';
  findutils = "find xargs locate updatedb";
  gnused = "sed";
  gawk = "gawk awk";
  gnugrep = "grep egrep fgrep";
  diffutils = "diff cmp diff3 sdiff";
  patch = "patch";
  gnutar = "tar";
  gzip = "gzip gunzip zcat zgrep";
  xz = "xz unxz xzcat lzma";
  zstd = "zstd unzstd zstdcat";
  bzip2 = "bzip2 bunzip2 bzcat";
  lz4 = "lz4 unlz4 lz4cat";
  pigz = "pigz unpigz";
  unzip = "unzip zipinfo";
  zip = "zip";
  p7zip = "7z 7za 7zr";
  cpio = "cpio";
  file = "file";
  which = "which";
  less = "less";
  time = "time";
  bc = "bc dc";
  ed = "ed";
  tree = "tree";
  hostname = "hostname";
  inetutils = "hostname ftp ping telnet traceroute";
  procps = "ps free kill pgrep pidof pkill pmap pwdx sysctl top uptime vmstat w watch";
  psmisc = "killall fuser pstree";
  util-linux = ''
    mount blkid chrt column dmesg fallocate findmnt flock getopt hexdump ionice kill logger look lsblk lscpu
    lsmem mountpoint nsenter prlimit renice rev script setsid taskset umount unshare uuidgen whereis
  '';
  moreutils = "sponge chronic combine ifne isutf8 pee ts vidir vipe zrun";
  parallel = "parallel sem";
  expect = "expect";
  tmux = "tmux";
  screen = "screen";
  vim = "vim vi";
  nano = "nano";
  emacs = "emacs emacsclient";

  # Data on the command line.
  jq = "jq";
  yq = "yq";
  yq-go = "yq";
  miller = "mlr";
  csvkit = "csvcut csvgrep csvjoin csvlook csvsort csvsql csvstat in2csv";
  xsv = "xsv";
  ripgrep = "rg";
  fd = "fd";
  fzf = "fzf";
  bat = "bat";
  hyperfine = "hyperfine";
  datamash = "datamash";
  xmlstarlet = "xmlstarlet xml";
  libxml2 = "xmllint xmlcatalog";
  libxslt = "xsltproc";
  sqlite = "sqlite3";
  duckdb = "duckdb";
  postgresql = "psql createdb dropdb initdb pg_ctl pg_dump pg_restore postgres";
  mariadb = "mariadb mysql mysqldump";
  redis = "redis-server redis-cli";
  hdf5 = "h5dump h5cc h5copy h5diff h5ls h5repack h5stat";
  netcdf = "ncdump nccopy ncgen nc-config";

  # Fetching, moving, signing.
  curl = "curl";
  wget = "wget";
  aria2 = "aria2c";
  rsync = "rsync";
  rclone = "rclone";
  openssh = "ssh scp sftp ssh-add ssh-agent ssh-keygen ssh-keyscan";
  openssl = "openssl";
  gnupg = "gpg gpg-agent gpgv";
  git = "git";
  git-lfs = "git-lfs";
  gh = "gh";
  mercurial = "hg";
  subversion = "svn svnadmin";
  netcat = "nc";
  socat = "socat";
  iproute2 = "ip ss tc";
  iperf3 = "iperf3";
  awscli2 = "aws";
  google-cloud-sdk = "gcloud gsutil";

  # Compilers and build tools.
  gcc = "gcc ar as c++ cc cpp g++ gcov ld nm objcopy objdump ranlib readelf strip";
  gfortran = "gfortran";
  clang = "clang clang++ clang-cpp";
  llvm = "llvm-config llc lli opt llvm-ar llvm-link llvm-nm llvm-objdump";
  lld = "ld.lld lld";
  binutils = "ld ar as nm objcopy objdump ranlib readelf size strings strip";
  gnumake = "make";
  cmake = "cmake cpack ctest";
  ninja = "ninja";
  meson = "meson";
  autoconf = "autoconf autoheader autoreconf";
  automake = "automake aclocal";
  libtool = "libtool libtoolize";
  pkg-config = "pkg-config";
  m4 = "m4";
  bison = "bison yacc";
  flex = "flex lex";
  ccache = "ccache";
  gdb = "gdb gdbserver";
  valgrind = "valgrind callgrind_annotate cg_annotate ms_print";
  strace = "strace";
  ltrace = "ltrace";
  perf = "perf";
  doxygen = "doxygen";
  shellcheck = "shellcheck";
  rustc = "rustc rustdoc";
  cargo = "cargo";
  rustup = "rustup cargo rustc";
  go = "go gofmt";
  zig = "zig";
  ghc = "ghc ghci runghc";
  cabal-install = "cabal";
  stack = "stack";
  ocaml = "ocaml ocamlc ocamlopt";
  opam = "opam";
  dune_3 = "dune";
  sbcl = "sbcl";
  guile = "guile";
  racket = "racket raco";
  swi-prolog = "swipl";
  erlang = "erl erlc escript";
  elixir = "elixir elixirc iex mix";
  nim = "nim";
  dmd = "dmd";
  fpc = "fpc";
  openjdk = "java jar javac javadoc jshell";
  jdk = "java jar javac javadoc jshell";
  jdk17 = "java jar javac javadoc jshell";
  jdk21 = "java jar javac javadoc jshell";
  jre = "java";
  maven = "mvn";
  gradle = "gradle";
  scala = "scala scalac";
  sbt = "sbt";
  kotlin = "kotlin kotlinc";
  clojure = "clojure clj";
  dotnet-sdk = "dotnet";
  mono = "mono mcs";

  # Interpreters without package sets of their own here; those with one are in host.nix.
  lua = "lua luac";
  luajit = "luajit";
  nodejs = "node npm npx corepack";
  yarn = "yarn";
  pnpm = "pnpm";
  deno = "deno";
  bun = "bun bunx";
  typescript = "tsc tsserver";
  php = "php";
  tcl = "tclsh";
  uv = "uv uvx";
  poetry = "poetry";
  conda = "conda";
  micromamba = "micromamba";
  ruff = "ruff";
  black = "black";
  pyright = "pyright";
  jupyter = "jupyter jupyter-lab jupyter-nbconvert jupyter-notebook";

  # Mathematics, figures, documents.
  gnuplot = "gnuplot";
  graphviz = "dot circo fdp neato osage patchwork sfdp twopi";
  imagemagick = "magick compare composite convert display identify import mogrify montage";
  graphicsmagick = "gm";
  ffmpeg = "ffmpeg ffplay ffprobe";
  sox = "sox play rec soxi";
  exiftool = "exiftool";
  inkscape = "inkscape";
  ghostscript = "gs ps2pdf pdf2ps";
  poppler_utils = "pdftotext pdfimages pdfinfo pdfseparate pdftoppm pdfunite";
  poppler-utils = "pdftotext pdfimages pdfinfo pdfseparate pdftoppm pdfunite";
  qpdf = "qpdf";
  pandoc = "pandoc";
  quarto = "quarto";
  typst = "typst";
  asciidoctor = "asciidoctor";
  texliveFull = "pdflatex bibtex biber latex latexmk lualatex makeindex pdftex tex xelatex";
  texliveMedium = "pdflatex bibtex biber latex latexmk lualatex makeindex pdftex tex xelatex";
  texliveSmall = "pdflatex bibtex latex lualatex makeindex pdftex tex xelatex";
  texliveBasic = "pdftex tex luatex";
  maxima = "maxima";
  gap = "gap";
  pari = "gp";
  sage = "sage";
  scilab = "scilab";
  glpk = "glpsol";
  cbc = "cbc";
  z3 = "z3";
  cvc5 = "cvc5";
  minizinc = "minizinc";
  gmsh = "gmsh";
  paraview = "paraview pvbatch pvpython";
  openfoam = "foamVersion";
  gdal = "gdalinfo gdal_translate gdalwarp ogr2ogr ogrinfo";

  # Life sciences.
  samtools = "samtools";
  bcftools = "bcftools";
  htslib = "bgzip htsfile tabix";
  bedtools = "bedtools";
  bwa = "bwa";
  bowtie2 = "bowtie2 bowtie2-build";
  minimap2 = "minimap2";
  star = "STAR";
  blast = "blastn blastp makeblastdb tblastn";
  fastqc = "fastqc";
  seqtk = "seqtk";
  gromacs = "gmx";
  snakemake = "snakemake";
  nextflow = "nextflow";

  # Parallel machines and containers.
  openmpi = "mpirun mpic++ mpicc mpiexec mpif90";
  mpich = "mpiexec mpicc mpicxx mpif90 mpirun";
  mpi = "mpirun mpicc mpiexec";
  slurm = "sbatch sacct salloc scancel scontrol sinfo squeue srun";
  cudatoolkit = "nvcc cuobjdump nsys nvprof ptxas";
  numactl = "numactl numastat";
  hwloc = "lstopo hwloc-bind hwloc-info";
  docker = "docker";
  podman = "podman";
  apptainer = "apptainer singularity";
  singularity = "singularity";
  bubblewrap = "bwrap";
  qemu = "qemu-system-x86_64 qemu-img";
  nix = "nix nix-build nix-env nix-instantiate nix-shell nix-store";
  hello = "hello";
}
