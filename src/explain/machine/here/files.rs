//! Files and folders outside of the fleet: what is at a path, whose it is, how much space there is.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::Access;

use super::{Answer, Here, Query, another_account};
use crate::activate::Places;

type Result<T> = std::result::Result<T, Answer>;

impl Here<'_> {
    /// `missing`, `file`, `link` or `folder`.
    pub(super) fn path(&self, query: &Query) -> Result<Answer> {
        let named = named(query)?;
        let path = self.own_path(named).ok_or_else(|| another_account(named))?;
        let shown = self.host.short(&path);
        Ok(match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                let to = fs::read_link(&path).map(|to| self.host.short(&to)).unwrap_or_default();
                Answer::is("link", format!("{shown} is a link to {to}"))
            }
            Ok(found) if found.is_dir() => Answer::is("folder", format!("{shown} is a folder")),
            Ok(found) => Answer::is("file", format!("{shown} is a file of {} bytes", found.len())),
            Err(e) if e.kind() == ErrorKind::NotFound => {
                Answer::is("missing", format!("{shown} is not there"))
            }
            Err(e) => return Err(Answer::unknown(format!("{shown}: {e}"))),
        })
    }

    /// `readable`, `unreadable` or `missing`.
    pub(super) fn readable(&self, query: &Query) -> Result<Answer> {
        self.access(query, Access::READ_OK, ["readable", "unreadable"], "may be read by you")
    }

    /// `writable`, `not-writable` or `missing`.
    pub(super) fn writable(&self, query: &Query) -> Result<Answer> {
        self.access(query, Access::WRITE_OK, ["writable", "not-writable"], "may be written by you")
    }

    fn access(
        &self,
        query: &Query,
        access: Access,
        [yes, no]: [&'static str; 2],
        what: &str,
    ) -> Result<Answer> {
        let named = named(query)?;
        let path = self.own_path(named).ok_or_else(|| another_account(named))?;
        let shown = self.host.short(&path);
        Ok(match rustix::fs::access(&path, access) {
            Ok(()) => Answer::is(yes, format!("{shown} {what}")),
            Err(rustix::io::Errno::NOENT) => Answer::is("missing", format!("{shown} is not there")),
            Err(e) => Answer::is(no, format!("{shown}: {e}")),
        })
    }

    /// Where sops-nix links secrets: `no-parent`, `absent`, `dangling`, `folder` or `installed`.
    pub(super) fn secrets_link(&self) -> Answer {
        let host = self.host;
        let places =
            Places { home: host.home.clone(), state: host.state_dir(), config: host.config_dir() };
        let link = places.secrets_link();
        let shown = host.short(&link);
        if !link.parent().is_some_and(Path::is_dir) {
            return Answer::is("no-parent", format!("the folder of {shown} is not there"));
        }
        match fs::symlink_metadata(&link) {
            Err(_) => Answer::is("absent", format!("{shown} is not there")),
            Ok(found) if !found.is_symlink() => {
                Answer::is("folder", format!("{shown} is no link, but a folder or file"))
            }
            Ok(_) if link.exists() => {
                Answer::is("installed", format!("{shown} leads to your secrets"))
            }
            Ok(_) => Answer::is("dangling", format!("{shown} leads nowhere")),
        }
    }

    /// `missing` or `there`.
    pub(super) fn profile_folder(&self) -> Answer {
        let own = self.host.state_dir().join("nix/profiles");
        let old = self.system(&format!("nix/var/nix/profiles/per-user/{}", self.host.account.name));
        match [own, old].iter().find(|folder| folder.is_dir()) {
            Some(folder) => Answer::is("there", format!("{} is there", self.host.short(folder))),
            None => Answer::is("missing", "neither folder for your profile is there"),
        }
    }

    /// `missing`, `not-yours` or `yours`.
    pub(super) fn per_user_profile(&self) -> Answer {
        let path =
            self.system(&format!("nix/var/nix/profiles/per-user/{}", self.host.account.name));
        let shown = path.display();
        match fs::metadata(&path) {
            Err(_) => Answer::is("missing", format!("{shown} is not there")),
            Ok(found) if found.uid() == self.host.account.uid => {
                Answer::is("yours", format!("{shown} is yours"))
            }
            Ok(found) => {
                Answer::is("not-yours", format!("{shown} belongs to account {}", found.uid()))
            }
        }
    }

    /// `there` or `none`.
    pub(super) fn installer_leftover(&self) -> Answer {
        let files = ["etc/bashrc", "etc/bash.bashrc", "etc/zshrc", "etc/profile.d/nix.sh"];
        let copies = files.map(|file| self.system(&format!("{file}.backup-before-nix")));
        match copies.iter().find(|copy| copy.exists()) {
            Some(copy) => Answer::is("there", format!("{} is there", copy.display())),
            None => Answer::is("none", "no copy of before Nix is there"),
        }
    }

    /// `missing` or `there`.
    pub(super) fn certificates(&self) -> Answer {
        match self.host.var("NIX_SSL_CERT_FILE") {
            Some(file) if !Path::new(file).exists() => {
                Answer::is("missing", format!("NIX_SSL_CERT_FILE names {file}, which is not there"))
            }
            Some(file) => Answer::unknown(format!(
                "{file} is there; who issued the certificate, only the network tells"
            )),
            None => Answer::unknown(
                "NIX_SSL_CERT_FILE is not set; who issued the certificate, only the network tells",
            ),
        }
    }

    /// `empty` or `mounted`.
    pub(super) fn store_volume(&self) -> Answer {
        let store = self.system("nix/store");
        let is_empty = fs::read_dir(&store).map_or(true, |mut entries| entries.next().is_none());
        if is_empty {
            Answer::is("empty", "/nix/store is empty or not there")
        } else {
            Answer::is("mounted", "/nix/store is there")
        }
    }

    /// `full` or `space`.
    pub(super) fn space(&self) -> Answer {
        /// With less, a build of any size fails.
        const LEAST: u64 = 200 * 1024 * 1024;
        for folder in [self.system("nix"), self.system("tmp"), self.host.home.clone()] {
            let Ok(found) = rustix::fs::statvfs(&folder) else { continue };
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let shown = self.host.short(&folder);
            if free < LEAST {
                return Answer::is("full", format!("{} MiB are free at {shown}", free >> 20));
            }
            if found.f_files > 0 && found.f_favail == 0 {
                return Answer::is("full", format!("no file more can be made at {shown} (inodes)"));
            }
        }
        Answer::is("space", "there is space now at /nix, /tmp and in your home")
    }
}

fn named(query: &Query) -> Result<&str> {
    query.about("path").ok_or_else(|| Answer::unknown("the log does not name the path"))
}
