use super::*;
use proptest::prelude::*;

const HASH: &str = "zr2knphxg8yyy2mkq8akf2hfknjvdiz7";

fn error_of(base_name: &str) -> String {
    StorePath::from_base_name(base_name).map_or_else(|e| e.to_string(), |p| p.to_string())
}

fn name_error_of(name: &str) -> String {
    check_name(name).map_or_else(|e| e.to_string(), |()| String::new())
}

#[test]
fn takes_a_path_apart() {
    let path = StorePath::from_base_name(&format!("{HASH}-hello-2.10.drv"));
    let path = path.as_ref();
    assert_eq!(path.map(StorePath::hash_part), Ok(HASH));
    assert_eq!(path.map(StorePath::name), Ok("hello-2.10.drv"));
    assert_eq!(path.map(StorePath::derivation_name), Ok(Some("hello-2.10")));
}

/// Texts as Nix 2.34.8 prints them.
#[test]
fn names_follow_nix() {
    assert_eq!(name_error_of(""), "name must not be empty");
    assert_eq!(name_error_of("."), "name '.' is not valid");
    assert_eq!(name_error_of(".."), "name '..' is not valid");
    assert_eq!(
        name_error_of(".-x"),
        "name '.-x' is not valid: first dash-separated component must not be '.'"
    );
    assert_eq!(
        name_error_of("..-x"),
        "name '..-x' is not valid: first dash-separated component must not be '..'"
    );
    assert_eq!(name_error_of("a b"), "name 'a b' contains illegal character ' '");
    for fine in [".x", "...", "..x", "a-_+.?=Z9", &"x".repeat(211)] {
        assert_eq!(name_error_of(fine), "");
    }
    let long = "x".repeat(212);
    assert_eq!(
        name_error_of(&long),
        format!("name '{long}' must be no longer than 211 characters")
    );
}

#[test]
fn refuses_what_is_no_path() {
    assert_eq!(error_of("abc"), "'abc' is too short to be a valid store path");
    assert_eq!(
        error_of("ur2knphxg8yyy2mkq8akf2hfknjvdiz7-x"),
        "store path 'ur2knphxg8yyy2mkq8akf2hfknjvdiz7-x' contains illegal base-32 character 'u'"
    );
    assert_eq!(
        error_of(&format!("{HASH}-")),
        format!("path '{HASH}-' is not a valid store path: name must not be empty")
    );
    assert_eq!(
        error_of(&format!("{HASH}xyz")),
        format!("path '{HASH}xyz' is not a valid store path: there is no dash after the hash")
    );
}

#[test]
fn splits_paths_below_the_store() {
    let dir = StoreDir::default();
    let whole = format!("/nix/store/{HASH}-x");
    let split = |path: &str| dir.split(path).map(|(path, rest)| (dir.print(&path), rest));
    assert_eq!(split(&whole), Ok((whole.clone(), String::new())));
    assert_eq!(split(&format!("{whole}/a//b/")), Ok((whole.clone(), "/a/b".to_owned())));
    assert_eq!(
        dir.parse(&format!("{whole}/a")),
        Err(StorePathError::NotInStore(format!("{whole}/a")))
    );
    assert_eq!(dir.parse(&format!("/nix//./store/{HASH}-x/")).map(|p| dir.print(&p)), Ok(whole));
}

#[test]
fn knows_what_is_below_the_store() {
    let dir = StoreDir::default();
    assert!(dir.is_in_store("/nix/store/x"));
    for outside in ["/nix/store", "/nix/store/", "/nix/storex/y", "nix/store/x", "/nix/store/../x"]
    {
        assert!(!dir.is_in_store(outside), "{outside}");
    }
    assert_eq!(StoreDir::new("/"), None);
    assert_eq!(StoreDir::new("here"), None);
    assert_eq!(StoreDir::new("/nix/store/"), Some(dir));
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}") {
        if let Ok(path) = StorePath::from_base_name(&text) {
            prop_assert_eq!(path.base_name(), &text);
        }
        let _ = StoreDir::default().split(&format!("/nix/store/{text}"));
    }
}
