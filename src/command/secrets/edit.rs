//! `doorstep secrets edit`: a file in plain text in an editor, in memory alone.

use std::path::Path;

use clap::Args;
use zeroize::Zeroizing;

use super::super::{Exit, Where, note};
use super::Desk;
use super::asking::{agreed, has_person};
use super::desk::{One, done, now};
use crate::host::Host;
use crate::problem::{Kind, Problem};
use crate::run::{Asks, Command, shell_word, shell_words};
use crate::secrets::Scratch;
use crate::sops::{EditError, Format, Unlocked};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file
    file: String,
    #[command(flatten)]
    at: Where,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let editor = editor(host)?;
        let mut desk = Desk::open(&self.at, host)?;
        let target = desk.target(&self.file)?;
        // What cannot be kept is better not begun.
        desk.in_fleet(&target)?;
        let text = desk.read(&target)?;
        let unlocked = desk.unlocked(&target, &text)?;
        let refused = |e| Problem::fleet(format!("`{}` is left as it is", target.shown)).cause(e);
        let before = unlocked.plain().map_err(refused)?;
        let scratch = Scratch::new(host)?;
        let name = target.file.file_name().and_then(|name| name.to_str()).unwrap_or("secret");
        let file = scratch.write(name, &before)?;
        let after = loop {
            let edited = edited(&mut desk, &editor, &scratch, &file)?;
            if *edited == *before {
                note("Nothing is changed.");
                return Ok(Exit::Done);
            }
            match sealed(&unlocked, target.format, &edited, &before) {
                Ok(after) => break after,
                // What was typed is not lost over a slip.
                Err(e) if has_person() => {
                    note(&format!("The text cannot be encrypted: {e}."));
                    if !agreed("Edit it again?", false)? {
                        return Err(refused(e));
                    }
                }
                Err(e) => return Err(refused(e)),
            }
        };
        // Before anything else is done with it.
        drop((scratch, before));
        let step = One {
            id: "secret",
            title: "Edit secrets".to_owned(),
            why: "As it was edited.".to_owned(),
            by_hand: vec![format!("sops {}", shell_word(&target.shown))],
        };
        let carried = desk.change(&target, step, Some(text.clone()), after)?;
        done(host, &carried, &format!("{} is changed.", target.shown));
        Ok(if carried.proved { Exit::Done } else { Exit::Failed })
    }
}

fn sealed(
    unlocked: &Unlocked<'_>,
    format: Format,
    edited: &[u8],
    before: &[u8],
) -> Result<String, EditError> {
    // Editors end the last line, which a value alone may not have had.
    let added = format == Format::Binary && !before.ends_with(b"\n");
    let edited = edited.strip_suffix(b"\n").filter(|_| added).unwrap_or(edited);
    unlocked.with_plain(edited, now())
}

/// Lets the person edit `file`.
fn edited(
    desk: &mut Desk<'_>,
    editor: &Command,
    scratch: &Scratch,
    file: &Path,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let program = editor.program.to_string_lossy().into_owned();
    let command = editor.clone().arg(file).cwd(scratch.folder());
    let exit = desk.attached(&command.asks(Asks::new(&program, "It is your editor.")))?;
    if !exit.ok() {
        return Err(Problem::user(format!("`{program}` ended with {}", exit.words()))
            .cause("nothing is changed"));
    }
    scratch.read(file)
}

/// The editor that sops would take, told to leave nothing elsewhere where it can be told.
fn editor(host: &Host) -> Result<Command, Problem> {
    let named = ["SOPS_EDITOR", "EDITOR", "VISUAL"].into_iter().find_map(|name| host.var(name));
    let known = || ["vim", "nano", "vi"].into_iter().find(|name| host.tool(name).is_some());
    let typed = named.or_else(known).ok_or_else(|| {
        Problem::user("no editor was found")
            .of_kind(Kind::Answers)
            .hint("name one: `EDITOR=nano doorstep secrets edit FILE`")
    })?;
    let mut words = shell_words(typed).into_iter();
    let program = words.next().unwrap_or_default();
    let name = Path::new(&program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let quiet: &[&str] = match name {
        // No swap file, no history of registers, no undo file, no backup.
        "vim" | "nvim" => &["-n", "-i", "NONE", "--cmd", "set noundofile nobackup nowritebackup"],
        _ => &[],
    };
    Ok(Command::new(program.clone()).args(quiet.iter().copied()).args(words))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::*;
    use crate::host::{Account, Os};

    fn typed(env: &[(&str, &str)]) -> Result<String, Problem> {
        let home = PathBuf::from("/home/zoe");
        let account = Account { name: "zoe".into(), uid: 501, home, full_name: None };
        let env: BTreeMap<_, _> =
            env.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect();
        editor(&Host::pretend(account, "quartz", Os::Linux, "x86_64", env)).map(|c| c.typed())
    }

    #[test]
    fn the_editor_is_that_of_sops_and_vim_leaves_nothing_elsewhere() {
        assert_eq!(typed(&[("EDITOR", "code --wait")]).unwrap(), "code --wait");
        assert_eq!(typed(&[("EDITOR", "nano"), ("SOPS_EDITOR", "ed")]).unwrap(), "ed");
        assert_eq!(
            typed(&[("EDITOR", "/usr/bin/vim -R")]).unwrap(),
            "/usr/bin/vim -n -i NONE --cmd 'set noundofile nobackup nowritebackup' -R"
        );
        assert_eq!(typed(&[("PATH", "/nowhere")]).unwrap_err().what, "no editor was found");
    }
}
