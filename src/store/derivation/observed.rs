//! Derivations as Nix 2.8 wrote them into the store, inputs before those that need them. Their expressions are
//! all of the form `derivation { name = …; system = "x86_64-linux"; builder = "/bin/sh"; … }`.

/// A `.drv` file.
pub(super) struct Observed {
    /// Its name below the store directory.
    pub(super) path: &'static str,
    /// Its content.
    pub(super) text: &'static [u8],
}

pub(super) const OBSERVED: &[Observed] = &[
    // One output, arguments.
    Observed {
        path: "mh3rz2qzm0lrcxk22g2b1kifak7q2nj9-x.drv",
        text: b"Derive([(\"out\",\"/nix/store/zr2knphxg8yyy2mkq8akf2hfknjvdiz7-x\",\"\",\"\")],\
      [],\
      [],\"x86_64-linux\",\"/bin/sh\",[\"-c\",\"echo hi > $out\"],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"x\"),(\"out\",\"/nix/store/zr2knphxg8yyy2mkq8akf2hfknjvdiz7-x\"),(\"system\",\"x86_64-linux\")])",
    },
    // Three outputs.
    Observed {
        path: "kwzd64ay3dp6jic88gq8vd1s5j0znrya-multi-1.0.drv",
        text: b"Derive([(\"dev\",\"/nix/store/s6gnp72mqj0nsywjvfq7rn5mqgkwka6h-multi-1.0-dev\",\"\",\"\"),(\"lib\",\"/nix/store/jmz37bxckx2v2bvkwg9raacrm6za9vb7-multi-1.0-lib\",\"\",\"\"),(\"out\",\"/nix/store/zbf7l3hxb672mmsr46q7nhjw6wlglv23-multi-1.0\",\"\",\"\")],\
      [],\
      [],\"x86_64-linux\",\"/bin/sh\",[\"-c\",\"true\"],\
      [(\"builder\",\"/bin/sh\"),(\"dev\",\"/nix/store/s6gnp72mqj0nsywjvfq7rn5mqgkwka6h-multi-1.0-dev\"),(\"lib\",\"/nix/store/jmz37bxckx2v2bvkwg9raacrm6za9vb7-multi-1.0-lib\"),(\"name\",\"multi-1.0\"),(\"out\",\"/nix/store/zbf7l3hxb672mmsr46q7nhjw6wlglv23-multi-1.0\"),(\"outputs\",\"out dev lib\"),(\"system\",\"x86_64-linux\")])",
    },
    // Fixed, flat, SHA-256.
    Observed {
        path: "axx2fzx98qg6gawbqb1bbksx02mpgq1a-f.tar.gz.drv",
        text: b"Derive([(\"out\",\"/nix/store/vbiwwizcda42jcy2gvi0isrbbipw4lya-f.tar.gz\",\"sha256\",\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\")],\
      [],\
      [],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"f.tar.gz\"),(\"out\",\"/nix/store/vbiwwizcda42jcy2gvi0isrbbipw4lya-f.tar.gz\"),(\"outputHash\",\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"),(\"outputHashAlgo\",\"sha256\"),(\"outputHashMode\",\"flat\"),(\"system\",\"x86_64-linux\"),(\"url\",\"http://x\")])",
    },
    // Fixed, recursive, SHA-256, given as SRI.
    Observed {
        path: "dl2c1wzqizcaav5x42hsa15g43ki8fcs-r.drv",
        text: b"Derive([(\"out\",\"/nix/store/cd5825pyqz7vpmwzda2af4ahjaryrb9m-r\",\"r:sha256\",\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\")],\
      [],\
      [],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"r\"),(\"out\",\"/nix/store/cd5825pyqz7vpmwzda2af4ahjaryrb9m-r\"),(\"outputHash\",\"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\"),(\"outputHashMode\",\"recursive\"),(\"system\",\"x86_64-linux\")])",
    },
    // The same content made another way.
    Observed {
        path: "d3pr1cmrvv71hkb48267b8wwkwndr7c9-r.drv",
        text: b"Derive([(\"out\",\"/nix/store/cd5825pyqz7vpmwzda2af4ahjaryrb9m-r\",\"r:sha256\",\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\")],\
      [],\
      [],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"r\"),(\"other\",\"way\"),(\"out\",\"/nix/store/cd5825pyqz7vpmwzda2af4ahjaryrb9m-r\"),(\"outputHash\",\"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\"),(\"outputHashMode\",\"recursive\"),(\"system\",\"x86_64-linux\")])",
    },
    // Fixed, flat, SHA-1.
    Observed {
        path: "vsy29zsxa731njgsz6xav175jdq9larv-s1.drv",
        text: b"Derive([(\"out\",\"/nix/store/9063xl11alzlvxpx6had7az3ayb3h2zn-s1\",\"sha1\",\"a9993e364706816aba3e25717850c26c9cd0d89d\")],\
      [],\
      [],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"s1\"),(\"out\",\"/nix/store/9063xl11alzlvxpx6had7az3ayb3h2zn-s1\"),(\"outputHash\",\"a9993e364706816aba3e25717850c26c9cd0d89d\"),(\"outputHashAlgo\",\"sha1\"),(\"system\",\"x86_64-linux\")])",
    },
    // Two text files as sources, one refers to the other.
    Observed {
        path: "bmawjx2qmmsxif5gw95hkcnjq19am23a-with-src.drv",
        text: b"Derive([(\"out\",\"/nix/store/kp1rjsr90hnqwmfm2kq3cxqjcaw18rwd-with-src\",\"\",\"\")],\
      [],\
      [\"/nix/store/j275hgvrhflfw3z7jhqlk55d0na9h388-src.txt\",\"/nix/store/kfvw1hi2i0gfyxgqgcxsl9cdwslvqigp-two.txt\"],\"x86_64-linux\",\"/bin/sh\",[\"/nix/store/j275hgvrhflfw3z7jhqlk55d0na9h388-src.txt\"],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"with-src\"),(\"out\",\"/nix/store/kp1rjsr90hnqwmfm2kq3cxqjcaw18rwd-with-src\"),(\"s2\",\"/nix/store/kfvw1hi2i0gfyxgqgcxsl9cdwslvqigp-two.txt\"),(\"src\",\"/nix/store/j275hgvrhflfw3z7jhqlk55d0na9h388-src.txt\"),(\"system\",\"x86_64-linux\")])",
    },
    // Every escape, and a byte that is no UTF-8.
    Observed {
        path: "hdrp9h5kc03j58m6m25w85q5xycixql9-esc.drv",
        text: b"Derive([(\"out\",\"/nix/store/drz7ahkhh2phksm69yz31m2rgb0zw4y0-esc\",\"\",\"\")],\
      [],\
      [],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"esc\"),(\"out\",\"/nix/store/drz7ahkhh2phksm69yz31m2rgb0zw4y0-esc\"),(\"raw\",\"\xc3\"),(\"system\",\"x86_64-linux\"),(\"text\",\"a\\\"b\\\\c\\nd\\te\\rf${g}\xc3\xa9\")])",
    },
    // All of the kinds above as inputs.
    Observed {
        path: "qq3z48qhjxjgcvgwsky1wx94x5xp401b-top.drv",
        text: b"Derive([(\"out\",\"/nix/store/bixxp311lzwzrfai18iv9x99g519zanx-top\",\"\",\"\")],\
      [(\"/nix/store/axx2fzx98qg6gawbqb1bbksx02mpgq1a-f.tar.gz.drv\",[\"out\"]),(\"/nix/store/bmawjx2qmmsxif5gw95hkcnjq19am23a-with-src.drv\",[\"out\"]),(\"/nix/store/dl2c1wzqizcaav5x42hsa15g43ki8fcs-r.drv\",[\"out\"]),(\"/nix/store/hdrp9h5kc03j58m6m25w85q5xycixql9-esc.drv\",[\"out\"]),(\"/nix/store/kwzd64ay3dp6jic88gq8vd1s5j0znrya-multi-1.0.drv\",[\"dev\",\"lib\",\"out\"]),(\"/nix/store/vsy29zsxa731njgsz6xav175jdq9larv-s1.drv\",[\"out\"])],\
      [],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"a\",\"/nix/store/s6gnp72mqj0nsywjvfq7rn5mqgkwka6h-multi-1.0-dev\"),(\"b\",\"/nix/store/zbf7l3hxb672mmsr46q7nhjw6wlglv23-multi-1.0:/nix/store/jmz37bxckx2v2bvkwg9raacrm6za9vb7-multi-1.0-lib\"),(\"builder\",\"/bin/sh\"),(\"c\",\"/nix/store/vbiwwizcda42jcy2gvi0isrbbipw4lya-f.tar.gz\"),(\"d\",\"/nix/store/cd5825pyqz7vpmwzda2af4ahjaryrb9m-r\"),(\"e\",\"/nix/store/kp1rjsr90hnqwmfm2kq3cxqjcaw18rwd-with-src\"),(\"f\",\"/nix/store/9063xl11alzlvxpx6had7az3ayb3h2zn-s1\"),(\"g\",\"/nix/store/drz7ahkhh2phksm69yz31m2rgb0zw4y0-esc\"),(\"name\",\"top\"),(\"out\",\"/nix/store/bixxp311lzwzrfai18iv9x99g519zanx-top\"),(\"system\",\"x86_64-linux\")])",
    },
    // Needs the recursive one ...
    Observed {
        path: "9phjdw4ds54ffpwpv560wzy6mg524ga4-via.drv",
        text: b"Derive([(\"out\",\"/nix/store/7y9rr019xnm1d6mcvk3i5s1zh5ck95wk-via\",\"\",\"\")],\
      [(\"/nix/store/dl2c1wzqizcaav5x42hsa15g43ki8fcs-r.drv\",[\"out\"])],\
      [],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"via\"),(\"out\",\"/nix/store/7y9rr019xnm1d6mcvk3i5s1zh5ck95wk-via\"),(\"system\",\"x86_64-linux\"),(\"x\",\"/nix/store/cd5825pyqz7vpmwzda2af4ahjaryrb9m-r\")])",
    },
    // ... or its twin: another `.drv`, the same output.
    Observed {
        path: "rapi5q54dz4ps4wb2lh0vsgpwcsvvgqz-via.drv",
        text: b"Derive([(\"out\",\"/nix/store/7y9rr019xnm1d6mcvk3i5s1zh5ck95wk-via\",\"\",\"\")],\
      [(\"/nix/store/d3pr1cmrvv71hkb48267b8wwkwndr7c9-r.drv\",[\"out\"])],\
      [],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"via\"),(\"out\",\"/nix/store/7y9rr019xnm1d6mcvk3i5s1zh5ck95wk-via\"),(\"system\",\"x86_64-linux\"),(\"x\",\"/nix/store/cd5825pyqz7vpmwzda2af4ahjaryrb9m-r\")])",
    },
    // Needs a derivation with its closure (`drvPath`).
    Observed {
        path: "xh7niawbgqxj3inddxj485vmq64xb0bg-deep.drv",
        text: b"Derive([(\"out\",\"/nix/store/k3a9dajjdva4v6v5w8ijsyh3y6546igd-deep\",\"\",\"\")],\
      [(\"/nix/store/kwzd64ay3dp6jic88gq8vd1s5j0znrya-multi-1.0.drv\",[\"dev\",\"lib\",\"out\"])],\
      [\"/nix/store/kwzd64ay3dp6jic88gq8vd1s5j0znrya-multi-1.0.drv\"],\"x86_64-linux\",\"/bin/sh\",[],\
      [(\"builder\",\"/bin/sh\"),(\"name\",\"deep\"),(\"out\",\"/nix/store/k3a9dajjdva4v6v5w8ijsyh3y6546igd-deep\"),(\"system\",\"x86_64-linux\"),(\"x\",\"/nix/store/kwzd64ay3dp6jic88gq8vd1s5j0znrya-multi-1.0.drv\")])",
    },
];
