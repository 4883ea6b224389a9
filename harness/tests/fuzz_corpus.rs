//! Every target has its oracle, its binary and its files. That the files hold is tested beside the oracles.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mcp_assay::parsers::TARGETS;

#[test]
fn every_target_has_its_oracle_and_its_corpus() {
    let oracles: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    for folder in ["corpus", "fuzz_targets"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(folder);
        let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let stem = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
        let names = entries.map(|entry| stem(&entry.unwrap().path())).collect();
        assert_eq!(oracles, names, "{folder}");
    }
}
