//! Every verb, and everything that is refused.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

/// A folder that is the only bound, and one outside of it.
struct Folders {
    _root: TempDir,
    home: PathBuf,
    outside: PathBuf,
}

impl Folders {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(root.path()).unwrap();
        let (home, outside) = (real.join("home"), real.join("outside"));
        fs::create_dir(&home).unwrap();
        fs::create_dir(&outside).unwrap();
        Self { _root: root, home, outside }
    }

    fn spot(&self, name: &str) -> Result<Spot, Problem> {
        inside(std::slice::from_ref(&self.home), &self.home.join(name))
    }

    fn place(&self, name: &str) -> Place {
        self.spot(name).unwrap().open().unwrap().unwrap()
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.home.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn create(&self, name: &str, text: &str) -> Result<(), Problem> {
        create(&self.place(name), text.as_bytes(), 0o644, &new_temporary_name(), &|| {})
    }

    fn replace(&self, name: &str, before: &str, after: &str) -> Result<(), Problem> {
        let (before, after) = (before.as_bytes(), after.as_bytes());
        replace(&self.place(name), before, after, &new_temporary_name(), &|| {})
    }

    /// Names in the home, sorted; a temporary file would show.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.home).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

mod places {
    use super::*;

    #[test]
    fn a_link_may_lead_around_inside_but_not_out() {
        let folders = Folders::new();
        fs::create_dir(folders.home.join("real")).unwrap();
        symlink(folders.home.join("real"), folders.home.join("link")).unwrap();
        symlink(&folders.outside, folders.home.join("out")).unwrap();
        symlink("nowhere", folders.home.join("dangling")).unwrap();
        assert!(folders.spot("link/file").is_ok());
        let refused = folders.spot("out/file").unwrap_err();
        assert!(refused.what.contains("leads out of the folders"), "{refused}");
        assert!(folders.spot("out/new/file").is_err());
        assert!(folders.spot("dangling/file").is_err());
    }

    #[test]
    fn a_link_in_the_fleet_does_not_lead_into_the_home_around_it() {
        let folders = Folders::new();
        let fleet = folders.home.join("fleet");
        fs::create_dir_all(&fleet).unwrap();
        fs::create_dir_all(folders.home.join("mine")).unwrap();
        symlink("../mine", fleet.join("modules")).unwrap();
        let bounds = [fleet.clone(), folders.home.clone()];
        assert!(inside(&bounds, &fleet.join("modules/x.nix")).is_err());
        assert!(inside(&bounds, &folders.home.join("mine/x.nix")).is_ok());
        // The person's own links may lead around their home, into a fleet of dotfiles too.
        symlink("fleet", folders.home.join(".config")).unwrap();
        assert!(inside(&bounds, &folders.home.join(".config/keys.txt")).is_ok());
    }

    #[test]
    fn the_bound_itself_may_be_a_link() {
        let folders = Folders::new();
        let link = folders.outside.join("home");
        symlink(&folders.home, &link).unwrap();
        assert!(inside(std::slice::from_ref(&link), &link.join("a/file")).is_ok());
        assert!(inside(&[link], &folders.home.join("file")).is_ok());
    }

    #[test]
    fn paths_that_are_no_file_of_ours_are_refused() {
        let folders = Folders::new();
        let bounds = std::slice::from_ref(&folders.home);
        for path in [Path::new("relative"), Path::new("/"), &folders.home, &folders.outside] {
            assert!(inside(bounds, path).is_err(), "{}", path.display());
        }
        for name in ["a/../../outside/x", "..", ".git/hooks/post-commit", "a/.GIT/config", ".git"] {
            assert!(folders.spot(name).is_err(), "{name}");
        }
        assert!(folders.spot(".gitignore").is_ok());
    }

    #[test]
    fn a_bound_is_not_a_prefix_of_a_name() {
        let folders = Folders::new();
        let sibling = folders.home.with_file_name("home-of-ada");
        fs::create_dir(&sibling).unwrap();
        assert!(inside(std::slice::from_ref(&folders.home), &sibling.join("x")).is_err());
    }

    #[test]
    fn missing_folders_are_made_and_removed_while_empty() {
        let folders = Folders::new();
        let spot = folders.spot("a/b/file").unwrap();
        assert!(spot.open().unwrap().is_none());
        let expected = [folders.home.join("a"), folders.home.join("a/b")];
        assert_eq!(spot.missing_folders(), expected);
        let mut made = Vec::new();
        spot.make_folders(true, &mut made).unwrap();
        assert_eq!(made, expected);
        assert_eq!(fs::metadata(&made[1]).unwrap().mode() & 0o777, 0o700);
        fs::write(folders.home.join("a/other"), "").unwrap();
        let bounds = std::slice::from_ref(&folders.home);
        assert_eq!(remove_empty_folders(bounds, &made), [folders.home.join("a/b")]);
        assert!(folders.home.join("a/other").exists());
    }

    #[test]
    fn a_file_where_a_folder_should_be_is_said() {
        let folders = Folders::new();
        folders.file("file", "", 0o644);
        let refused = folders.spot("file/below").unwrap().open().unwrap_err();
        assert!(refused.what.ends_with("is not a folder"), "{refused}");
    }
}

mod creating {
    use super::*;

    #[test]
    fn what_is_there_is_never_overwritten() {
        let folders = Folders::new();
        let file = folders.file("file", "mine", 0o600);
        fs::create_dir(folders.home.join("folder")).unwrap();
        symlink(folders.outside.join("target"), folders.home.join("link")).unwrap();
        for name in ["file", "folder", "link"] {
            let refused = folders.create(name, "theirs").unwrap_err();
            assert!(refused.what.ends_with("is there already"), "{refused}");
        }
        assert_eq!(read(&file), "mine");
        assert!(!folders.outside.join("target").exists());
        assert_eq!(folders.names(), ["file", "folder", "link"]);
    }

    #[test]
    fn not_even_what_appears_at_the_last_moment() {
        let folders = Folders::new();
        let appears = || drop(folders.file("file", "mine", 0o600));
        let place = folders.place("file");
        assert!(create(&place, b"theirs", 0o644, &new_temporary_name(), &appears).is_err());
        assert_eq!(read(&folders.home.join("file")), "mine");
        assert_eq!(folders.names(), ["file"]);
    }

    #[test]
    fn it_is_whole_or_not_there() {
        let folders = Folders::new();
        let path = folders.home.join("file");
        let written = || assert!(!path.exists());
        let place = folders.place("file");
        create(&place, b"text", 0o640, &new_temporary_name(), &written).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        assert_eq!((read(&path).as_str(), folders.names()), ("text", vec!["file".to_owned()]));
    }
}

mod replacing {
    use super::*;

    #[test]
    fn mode_and_attributes_are_kept() {
        let folders = Folders::new();
        let path = folders.file("file", "before", 0o640);
        // Not every file system has them; where it does they are kept.
        let flags = rustix::fs::XattrFlags::empty();
        let has = rustix::fs::setxattr(&path, "user.colour", b"blue", flags).is_ok();
        folders.replace("file", "before", "after").unwrap();
        assert_eq!(read(&path), "after");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        if has {
            let mut value = [0; 8];
            let length = rustix::fs::getxattr(&path, "user.colour", &mut value[..]).unwrap();
            assert_eq!(&value[..length], b"blue");
        }
    }

    #[test]
    fn an_edit_of_somebody_elses_is_not_overwritten() {
        let folders = Folders::new();
        let path = folders.file("file", "before", 0o644);
        let place = folders.place("file");
        let saves = || fs::write(&path, "theirs").unwrap();
        let refused = replace(&place, b"before", b"after", &new_temporary_name(), &saves);
        assert!(refused.unwrap_err().what.ends_with("was changed since the plan was made"));
        assert_eq!((read(&path).as_str(), folders.names()), ("theirs", vec!["file".to_owned()]));
        assert!(folders.replace("file", "before", "after").is_err());
        fs::remove_file(&path).unwrap();
        let gone = folders.replace("file", "before", "after").unwrap_err();
        assert!(gone.what.ends_with("is not there any more"), "{gone}");
    }

    #[test]
    fn links_and_further_names_are_left_alone() {
        let folders = Folders::new();
        let path = folders.file("file", "before", 0o644);
        symlink(&path, folders.home.join("link")).unwrap();
        let refused = folders.replace("link", "before", "after").unwrap_err();
        assert!(refused.what.contains("is a symbolic link"), "{refused}");
        fs::hard_link(&path, folders.home.join("second")).unwrap();
        let refused = folders.replace("file", "before", "after").unwrap_err();
        assert!(refused.what.contains("has 2 names"), "{refused}");
        assert_eq!(read(&path), "before");
    }
}

mod appending {
    use super::*;

    #[test]
    fn lines_are_added_and_taken_back() {
        let folders = Folders::new();
        for (prior, whole) in [("", "new\n"), ("a", "a\nnew\n"), ("a\n", "a\nnew\n")] {
            let path = folders.file("keys.txt", prior, 0o600);
            let place = folders.place("keys.txt");
            let before = Fingerprint::of(prior.as_bytes(), 0o600);
            append(&place, &before, b"new\n").unwrap();
            assert_eq!(read(&path), whole);
            let after = Fingerprint::of(whole.as_bytes(), 0o600);
            cut_back(&place, &before, &after).unwrap();
            assert_eq!(read(&path), prior);
        }
    }

    #[test]
    fn a_file_that_changed_is_left_alone() {
        let folders = Folders::new();
        let path = folders.file("keys.txt", "a\n", 0o600);
        let place = folders.place("keys.txt");
        let [empty, one, two] = ["", "a\n", "a\nb\n"].map(|t| Fingerprint::of(t.as_bytes(), 0));
        assert!(append(&place, &empty, b"b\n").is_err());
        assert!(cut_back(&place, &empty, &two).is_err());
        fs::write(&path, "a\nb\nc\n").unwrap();
        assert!(cut_back(&place, &one, &two).is_err(), "somebody added another key");
        assert_eq!(read(&path), "a\nb\nc\n");
    }

    #[test]
    fn no_link_is_followed() {
        let folders = Folders::new();
        let target = folders.outside.join("keys.txt");
        fs::write(&target, "").unwrap();
        symlink(&target, folders.home.join("keys.txt")).unwrap();
        let before = Fingerprint::of(b"", 0o600);
        assert!(append(&folders.place("keys.txt"), &before, b"new\n").is_err());
        assert_eq!(read(&target), "");
    }
}

#[test]
fn modes_are_set_unless_they_changed() {
    let folders = Folders::new();
    let path = folders.file("keys.txt", "", 0o644);
    let place = folders.place("keys.txt");
    assert_eq!(mode_of(&place).unwrap(), Some(0o644));
    assert!(set_mode(&place, 0o600, 0o400).is_err());
    set_mode(&place, 0o644, 0o600).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(mode_of(&folders.place("none")).unwrap(), None);
    symlink(&path, folders.home.join("link")).unwrap();
    assert!(mode_of(&folders.place("link")).is_err());
}

#[test]
fn only_what_is_still_ours_is_removed() {
    let folders = Folders::new();
    let path = folders.file("file", "ours", 0o644);
    let place = folders.place("file");
    assert!(remove(&place, &Fingerprint::of(b"other", 0o644)).is_err());
    assert!(path.exists());
    assert!(remove(&place, &Fingerprint::of(b"ours", 0o644)).unwrap());
    assert!(!remove(&place, &Fingerprint::of(b"ours", 0o644)).unwrap());
}

#[test]
fn temporary_files_go_by_their_exact_name() {
    let folders = Folders::new();
    let name = new_temporary_name();
    folders.file(&name, "half", 0o600);
    folders.file("keep", "", 0o644);
    let place = folders.place("file");
    remove_temporary(&place, &name).unwrap();
    remove_temporary(&place, &name).unwrap();
    assert!(remove_temporary(&place, "keep").is_err());
    assert!(remove_temporary(&place, ".doorstep-/../keep").is_err());
    assert_eq!(folders.names(), ["keep"]);
}

#[test]
fn a_pipe_is_not_waited_for() {
    let folders = Folders::new();
    let pipe = folders.home.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(look(&folders.place("pipe")).unwrap(), Look::Other("not an ordinary file")));
    assert!(folders.replace("pipe", "", "x").is_err());
}

#[test]
fn a_look_does_not_show_what_it_saw() {
    let folders = Folders::new();
    folders.file("keys.txt", "AGE-SECRET-KEY-1EXAMPLE", 0o600);
    let shown = format!("{:?}", look(&folders.place("keys.txt")).unwrap());
    assert_eq!(shown, "File(Seen { length: 23, .. })");
}

#[test]
fn errors_say_what_a_person_can_do() {
    let told = |errno: Errno| failed("written", Path::new("/x"), errno).what;
    assert_eq!(told(Errno::NOSPC), "`/x` cannot be written: the disk is full");
    assert_eq!(told(Errno::ROFS), "`/x` cannot be written: its file system is read-only");
    assert_eq!(told(Errno::ACCESS), "`/x` cannot be written: you may not");
    assert_eq!(told(Errno::LOOP), "`/x` is a symbolic link, so it is left alone");
    assert_eq!(told(Errno::ISDIR), "`/x` is a folder, so it is left alone");
    assert_eq!(told(Errno::IO), "`/x` cannot be written");
}

#[test]
fn a_digest_is_sha_256() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(digest(b""), empty);
}
