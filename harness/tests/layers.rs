//! The order of the modules: who may use whom. Read off the paths that begin with `crate::`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every module of the library, low to high: each may use those before it, which also rules out cycles.
const ORDER: &[&str] = &[
    "switches",
    "revision",
    "wire",
    "card",
    "frontmatter",
    "token",
    "oauth",
    "otlp",
    "requirement",
    "schema",
    "expr",
    "action",
    "transcript",
    "context",
    "scenario",
    "profile",
    "reference",
    "authserver",
    "mutate",
    "lint",
    "check",
    "coverage",
    "verdict",
    "plan",
    "report",
    "transport",
    "router",
    "authorizing",
    "acting",
    "deployment",
    "drive",
    "discover",
    "generate",
    "run",
    "fuzz",
    "self_check",
    "parsers",
    "cli",
];

/// Modules that use of ours nothing but these.
const ONLY: [(&str, &[&str]); 13] = [
    ("switches", &[]),
    ("revision", &[]),
    ("wire", &[]),
    ("card", &[]),
    ("frontmatter", &[]),
    ("token", &[]),
    ("oauth", &["switches"]),
    ("otlp", &[]),
    ("authorizing", &["oauth", "revision", "token", "transport", "wire"]),
    ("authserver", &["oauth", "token"]),
    ("reference", &["card", "frontmatter", "oauth", "otlp", "revision", "switches", "token", "wire"]),
    ("router", &["action", "transport", "wire"]),
    ("report", &["context", "requirement", "revision", "verdict"]),
];

/// What knows finished transcripts and results alone: no module that it uses, however indirectly, touches a socket.
const PURE: [&str; 5] = ["check", "context", "coverage", "verdict", "report"];
/// What touches sockets and processes.
const IMPURE: &[&str] = &[
    "acting",
    "deployment",
    "discover",
    "fuzz",
    "authorizing",
    "authserver",
    "transport",
    "router",
    "drive",
    "mutate",
    "reference",
    "run",
    "self_check",
];

/// Libraries, and the only modules that may import them.
const LIBRARIES: [(&str, &[&str]); 5] = [
    ("cel", &["expr"]),
    ("opentelemetry_proto", &["otlp"]),
    ("prost", &["otlp"]),
    ("redis", &["reference"]),
    ("reqwest", &[]),
];
/// Modules, and libraries that they may not import.
const WITHOUT: [(&str, &[&str]); 7] = [
    ("check", &["tokio", "hyper"]),
    ("coverage", &["tokio", "hyper"]),
    ("verdict", &["tokio", "hyper"]),
    ("report", &["tokio", "hyper", "serde_saphyr"]),
    ("plan", &["tokio", "hyper"]),
    ("scenario", &["tokio", "hyper"]),
    ("wire", &["tokio", "hyper", "serde_saphyr"]),
];

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The code of a file: without comments, without its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The names that follow `prefix`, those in braces too.
fn names_after<'t>(text: &'t str, prefix: &str) -> BTreeSet<&'t str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let leading = |text: &'t str| text.split(|c| !is_name(c)).next().unwrap_or_default();
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(prefix) {
        if text[..at].ends_with(|c| is_name(c) || c == ':') {
            continue;
        }
        let rest = &text[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut fresh = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => fresh = true,
                        c if fresh && is_name(c) => {
                            names.insert(leading(&group[at..]));
                            fresh = false;
                        }
                        _ => {}
                    }
                }
            }
            None => {
                names.insert(leading(rest));
            }
        }
    }
    names
}

/// The code of each module of the library.
fn modules() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let is_test = inside.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.strip_suffix(".rs").unwrap_or(first);
        if !is_test && module != "lib" && module != "main" {
            let all = modules.entry(module.to_owned()).or_default();
            all.push_str(&code(&std::fs::read_to_string(&file).unwrap()));
            all.push('\n');
        }
    }
    modules
}

/// Which modules each module uses.
fn uses(modules: &BTreeMap<String, String>) -> BTreeMap<&str, BTreeSet<&str>> {
    let used = modules.iter().map(|(module, code)| {
        let mut names = names_after(code, "crate::");
        names.remove(module.as_str());
        names.retain(|name| modules.contains_key(*name));
        (module.as_str(), names)
    });
    used.collect()
}

#[test]
fn each_module_uses_only_those_below_it() {
    let modules = modules();
    let place = |module: &str| ORDER.iter().position(|other| *other == module);
    let mut wrong = Vec::new();
    for (module, used) in uses(&modules) {
        match place(module) {
            None => wrong.push(format!("{module} has no place in the order")),
            Some(own) => {
                let above = used.iter().filter(|other| place(other).is_none_or(|other| other > own));
                wrong.extend(above.map(|other| format!("{module} uses {other}, which is above it")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(modules.len(), ORDER.len(), "a module of the order is gone");
}

#[test]
fn some_modules_know_only_a_few_others() {
    let modules = modules();
    let uses = uses(&modules);
    for (module, allowed) in ONLY {
        let wrong: Vec<_> = uses[module].iter().filter(|other| !allowed.contains(other)).collect();
        assert!(wrong.is_empty(), "{module} uses {wrong:?}");
    }
}

#[test]
fn what_judges_never_touches_a_socket() {
    let modules = modules();
    let uses = uses(&modules);
    for pure in PURE {
        let mut reached = BTreeSet::from([pure]);
        let mut next = vec![pure];
        while let Some(module) = next.pop() {
            next.extend(uses[module].iter().filter(|other| reached.insert(**other)));
        }
        let wrong: Vec<_> = IMPURE.iter().filter(|other| reached.contains(**other)).collect();
        assert!(wrong.is_empty(), "{pure} comes to {wrong:?}");
    }
}

#[test]
fn libraries_stay_where_they_belong() {
    let modules = modules();
    let imports = |module: &str, library: &str| {
        let code = &modules[module];
        !names_after(code, &format!("{library}::")).is_empty() || code.contains(&format!("use {library};"))
    };
    for (library, allowed) in LIBRARIES {
        for module in modules.keys().filter(|module| !allowed.contains(&module.as_str())) {
            assert!(!imports(module, library), "{module} imports {library}");
        }
    }
    for (module, libraries) in WITHOUT {
        for library in libraries {
            assert!(!imports(module, library), "{module} imports {library}");
        }
    }
}

#[test]
fn paths_are_found_in_every_spelling() {
    let text =
        code("use crate::a::{b, c};\nuse crate::{d, e::{f, g}, h};\nlet x = crate::i(); // crate::j\nother_crate::k;");
    assert_eq!(names_after(&text, "crate::"), BTreeSet::from(["a", "d", "e", "h", "i"]));
}
