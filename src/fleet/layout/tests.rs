use super::*;

const VALID: &str = "
detect:
  - path: homes/*/home.nix
where:
  user_module: homes/{user}/home.nix
  machine: [\"hosts/{host}.nix\"]
  secrets_file: secrets/{user}.yaml
  anchor: \"{user}\"
  standalone: \"{user}@{host}\"
  aggregates_in: module
";

#[test]
fn the_built_in_layouts_are_valid_and_in_order() {
    let layouts = built_in();
    let ids: Vec<_> = layouts.iter().map(|layout| layout.id.as_str()).collect();
    assert_eq!(ids, BUILT_IN.map(|(id, _)| id));
    assert!(layouts.is_sorted_by_key(|layout| layout.order));
    for (id, _) in BUILT_IN {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(id);
        assert!(folder.join("layout.yaml").is_file());
    }
}

#[test]
fn a_layout_needs_no_more_than_places() {
    let layout = Layout::parse("ours", VALID).unwrap();
    assert_eq!(layout.places.user_files, ["homes/{user}/home.nix"]);
    assert_eq!(layout.places.standalone_file, None);
}

#[test]
fn a_layout_names_no_place_that_is_not_its_own() {
    let with = |place: &str| {
        let place = serde_json::to_string(place).unwrap();
        let text = VALID.replace("homes/{user}/home.nix\n", &format!("{place}\n"));
        Layout::parse("ours", &text)
    };
    for place in [
        "/etc/passwd.nix",
        "../x.nix",
        "a/../../x.nix",
        ".git/hooks/x.nix",
        "a/.git/x.nix",
        ".github/workflows/x.nix",
        ".envrc",
        "bin/run",
        "bin/run.sh",
        "a.nix/",
        "",
        "a\\..\\b.nix",
        "a\0.nix",
        "secrets/{user}.yaml",
        "./.nix",
        "a\n.nix",
    ] {
        let refused = with(place);
        assert!(matches!(refused, Err(LayoutError::Forbidden(_))), "{place:?}: {refused:?}");
    }
    assert_eq!(with("a/{home}.nix"), Err(LayoutError::Placeholder("home".into())));
    assert!(matches!(with("a/{user.nix"), Err(LayoutError::Placeholder(_))));
    assert!(with("a/{user}-{host}.nix").is_ok());
}

#[test]
fn a_layout_has_no_field_for_anything_else() {
    let refused = |text: &str| Layout::parse("ours", text).unwrap_err();
    let command = format!("{VALID}run: rm -rf /\n");
    assert!(matches!(refused(&command), LayoutError::Yaml(_)));
    let both = VALID.replace("- path:", "- binding: x\n    path:");
    assert_eq!(refused(&both), LayoutError::Look);
    let under = VALID.replace("- path: homes", "- under: x\n    path: homes");
    assert_eq!(refused(&under), LayoutError::Look);
    assert_eq!(refused(&VALID.replace("  - path: homes/*/home.nix", "  []")), LayoutError::Look);
    assert!(matches!(refused("!!"), LayoutError::Yaml(_)));
}

#[test]
fn names_are_put_into_places_and_read_back() {
    let place = "machines/{platform}/{host}/default.nix";
    let path = fill(place, &[("platform", "darwin"), ("host", "quartz")]);
    assert_eq!(path, "machines/darwin/quartz/default.nix");
    assert_eq!(read_names(place, &path), Some(vec![("platform", "darwin"), ("host", "quartz")]));
    assert_eq!(read_names("{user}/{user}.nix", "zoe/ada.nix"), None);
    assert_eq!(read_names("{user}/{user}.nix", "zoe/zoe.nix"), Some(vec![("user", "zoe")]));
    assert_eq!(read_names("u/{user}.nix", "u/.nix"), None);
    assert_eq!(read_names("u/{user}.nix", "u/a/b.nix"), None);
}

/// The most particular layout that fits wins, and a fleet's own comes first of all.
#[test]
fn layouts_are_found_in_order() {
    let guide = "{ flake.modules.homeManager.\"users/zoe\" = { }; }";
    let host = "{ config, ... }: { home-manager.users.zoe.imports = with config.flake.modules.homeManager; [ core ]; }";
    let registry = "{ flake.users.zoe = { meta = { }; aggregates = [ ]; }; }";
    let id = |files: &[(&str, &str)]| {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let (files, _) = super::super::files::read(&dir.path().canonicalize().unwrap()).unwrap();
        let (layouts, unread) = known(&files);
        assert_eq!(unread, []);
        let found = detect(&files, &layouts);
        assert!(found.evidence.iter().all(|e| e.at.is_some() == found.id.is_some()));
        found.id
    };
    assert_eq!(id(&[("a.nix", guide)]).as_deref(), Some("guide"));
    assert_eq!(id(&[("a.nix", guide), ("b.nix", host)]).as_deref(), Some("host-imports"));
    let all = [("a.nix", guide), ("b.nix", host), ("c.nix", registry)];
    assert_eq!(id(&all).as_deref(), Some("registry"));
    let own =
        [all[0], all[2], ("homes/zoe/home.nix", "{ }"), (".doorstep/ours/layout.yaml", VALID)];
    assert_eq!(id(&own).as_deref(), Some("ours"));
    assert_eq!(id(&[("a.nix", "{ }")]), None);
}

/// A fleet's own layout is enough to find its people and machines, without any Rust.
#[test]
fn a_fleets_own_layout_says_who_and_where() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("flake.nix", "{ }"),
        (".doorstep/ours/layout.yaml", VALID),
        ("homes/zoe/home.nix", "{ programs.git.userName = \"Zoe\"; }"),
        ("hosts/quartz.nix", "{ home-manager.users.zoe = import ../homes/zoe/home.nix; }"),
    ] {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let fleet = crate::fleet::Fleet::read(dir.path()).unwrap();
    let zoe = fleet.user("zoe").unwrap();
    assert_eq!(zoe.module.file, Path::new("homes/zoe/home.nix"));
    assert_eq!(
        (zoe.full_name.as_deref(), &zoe.machines[..]),
        (Some("Zoe"), &["quartz".into()][..])
    );
    assert_eq!(fleet.layout.layout.unwrap().folder.as_deref(), Some(Path::new(".doorstep/ours")));
}
