//! Prepares the requirement catalogue: reading JSON takes a tenth of the time of reading YAML, and every run reads it.
//! Also rebuilds the program when scenario data is added, changed or removed: what `include_dir!` embeds is data, and
//! the compiler alone does not notice a new file.

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Where the catalogue's files are.
const REQUIREMENTS: &str = "../scenarios/requirements";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../scenarios");
    println!("cargo::rerun-if-changed=build.rs");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(REQUIREMENTS)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
    // By area, which is the name without its ending.
    files.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
    let mut rows = Vec::new();
    for file in files {
        let read = rows_of(&file).map_err(|problem| format!("{}: {problem}", file.display()))?;
        rows.extend(read);
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("requirements.json");
    std::fs::write(out, serde_json::to_vec(&rows)?)?;
    Ok(())
}

fn rows_of(file: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    // Else `yes` would be true.
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    Ok(serde_saphyr::from_str_with_options(&text, options)?)
}
