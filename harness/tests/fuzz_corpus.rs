//! Every file of `fuzz/corpus/` through the oracle of its folder, on any machine and without libFuzzer.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

#[path = "../../fuzz/src/lib.rs"]
mod oracles;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

#[test]
fn the_corpus_holds() {
    let mut broken = Vec::new();
    for (target, check) in oracles::TARGETS {
        let seeds = files(&fuzz().join("corpus").join(target));
        assert!(!seeds.is_empty(), "the target {target} has no file in its folder");
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap();
            if catch_unwind(AssertUnwindSafe(|| check(&bytes))).is_err() {
                broken.push(seed.display().to_string());
            }
        }
    }
    assert!(broken.is_empty(), "what broke is above; the inputs: {broken:#?}");
}

#[test]
fn every_target_has_its_oracle_and_its_corpus() {
    let oracles: BTreeSet<_> = oracles::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    for folder in ["corpus", "fuzz_targets"] {
        let names = files(&fuzz().join(folder))
            .iter()
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(oracles, names, "{folder}");
    }
}
