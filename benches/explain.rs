//! Explaining a long build log: the aim is 100 MB/s or better, in bounded memory.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use doorstep::explain::{Catalogue, explain_elsewhere, read};

fn main() {
    LazyLock::force(&LOG);
    divan::main();
}

/// What a build of a system prints with `--print-build-logs`: compilers, test runners, downloads,
/// warnings, words such as "error" and "failed" in names; the cause stands near the end.
static LOG: LazyLock<String> = LazyLock::new(|| {
    let mut log = String::new();
    for n in 0.. {
        if log.len() > 64 * 1024 * 1024 {
            break;
        }
        let line = match n % 11 {
            0 => format!("building '/nix/store/{n:032x}-python3.13-cryptography-{n}.drv'..."),
            1 => format!(
                "copying path '/nix/store/{n:032x}-ripgrep-15.1.0' from 'https://cache.nixos.org'..."
            ),
            2 => format!(
                "cryptography> gcc -O2 -DHAVE_CONFIG_H -I../include -c src/error_{n}.c -o build/error_{n}.o"
            ),
            3 => format!(
                "cryptography> src/module_{n}.c:12:5: warning: unused variable 'failed' [-Wunused-variable]"
            ),
            4 => format!(
                "[ {}%] Building CXX object lib/CMakeFiles/x.dir/missing_{n}.cpp.o",
                n % 100
            ),
            5 => format!("   Compiling serde_derive v1.0.{n}"),
            6 => format!("test explain::tests::case_{n} ... ok"),
            7 => format!("checking for working getline function {n}... yes"),
            8 => format!("patching script interpreter paths in /nix/store/{n:032x}-x/bin/run"),
            9 => {
                format!("2026/01/01 10:00:00 \u{1b}[32mINFO\u{1b}[0m fetched {n} of 12000 objects")
            }
            _ => "shrinking RPATHs of ELF executables and libraries in /nix/store".to_owned(),
        };
        writeln!(log, "{line}").unwrap();
    }
    log.push_str("error: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused\n");
    log
});

#[divan::bench(sample_count = 10)]
fn long_build_log(bencher: Bencher<'_, '_>) {
    let catalogue = Catalogue::built_in().unwrap();
    bencher.counter(BytesCount::new(LOG.len())).bench(|| {
        let log = read(&mut Cursor::new(LOG.as_bytes()), catalogue).unwrap();
        let explanation = explain_elsewhere(&log, catalogue);
        assert_eq!(explanation.causes[0].class, "nix-daemon-not-running");
    });
}

#[divan::bench(sample_count = 10)]
fn pasted_log(bencher: Bencher<'_, '_>) {
    let catalogue = Catalogue::built_in().unwrap();
    let text = &LOG[LOG.len() - 20_000..];
    let text = &text[text.find('\n').unwrap() + 1..];
    bencher.bench(|| {
        let log = read(&mut Cursor::new(text.as_bytes()), catalogue).unwrap();
        explain_elsewhere(&log, catalogue)
    });
}
