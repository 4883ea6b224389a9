//! Campaigns against our server with a seeded fault: what they find, and whether it is red with the fault and green without.

use std::path::{Path, PathBuf};

use mcp_assay::fuzz::finding::{Finding, load};

use crate::command::{PROGRAM, assay};

/// Acts that a finding may take.
const MAX_ACTS: usize = 5;

/// How our server is fuzzed.
pub struct Seeded {
    pub revision: &'static str,
    /// Over Streamable HTTP, or else stdio.
    pub http: bool,
    /// Cases in which the stories of the catalogue are told and, in a later round, those of what these show.
    pub cases: &'static str,
    /// Tools that may be called though they are not marked as ones that only read.
    pub tools: &'static [&'static str],
}

impl Seeded {
    fn server(&self, fault: Option<&str>) -> Vec<String> {
        let fault = fault.map(|fault| format!(" --fault {fault}")).unwrap_or_default();
        if self.http {
            vec!["--spawn".to_owned(), format!("{PROGRAM} reference server --listen 127.0.0.1:{{port}}{fault}")]
        } else {
            vec!["--stdio".to_owned(), format!("{PROGRAM} reference server --stdio{fault}")]
        }
    }

    fn run(&self, role: &[&str], fault: Option<&str>, more: &[&str]) -> String {
        let server = self.server(fault);
        let server: Vec<&str> = server.iter().map(String::as_str).collect();
        let done = assay(&[role, &server, &["--revision", self.revision], more].concat());
        done.stdout + &done.stderr
    }

    /// What the campaign finds, and what it says.
    fn found(&self, fault: Option<&str>, folder: &Path) -> (Vec<PathBuf>, String) {
        let out = folder.join("out");
        let told = ["--cases", self.cases, "--seed", "1", "--jobs", "1"];
        let kept = ["--findings", folder.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let tools: Vec<&str> = self.tools.iter().flat_map(|tool| ["--allow-tool", tool]).collect();
        let said = self.run(&["fuzz", "server"], fault, &[&told[..], &kept, &tools].concat());
        let all = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let files = all.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
        (files, said)
    }

    /// Whether a check of the scenario fails, or warns, with the fault.
    fn is_red(&self, file: &Path, fault: Option<&str>) -> bool {
        let out = file.with_extension("out");
        let more = ["--scenario-file", file.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let said = self.run(&["server"], fault, &more);
        let is_broken = |line: &str| ["  fail ", "  warn "].iter().any(|word| line.starts_with(word));
        said.lines().any(|line| is_broken(line) && line.contains(" in found/"))
    }

    /// It is found with this sign in its text, in few acts; its scenario is red with the fault, and green without.
    pub fn is_found(&self, fault: &str, sign: &str) {
        let folder = tempfile::tempdir().unwrap();
        let (files, told) = self.found(Some(fault), folder.path());
        let read = |file: &PathBuf| -> Finding { load(file).unwrap() };
        let file = files.iter().find(|file| read(file).suspicion().key().contains(sign));
        let file = file.unwrap_or_else(|| panic!("{fault} is no {sign:?}: {files:?}\n{told}"));
        let finding = read(file);
        assert!(finding.acts() <= MAX_ACTS && finding.is_stable(), "{fault}: {finding:?}");
        assert_eq!([self.is_red(file, Some(fault)), self.is_red(file, None)], [true, false], "{fault}");
    }

    /// Nothing is found without a fault.
    pub fn is_sound(&self) {
        let folder = tempfile::tempdir().unwrap();
        let (files, told) = self.found(None, folder.path());
        assert_eq!(files, Vec::<PathBuf>::new(), "{told}");
    }
}
