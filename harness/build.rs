//! Rebuilds the program when scenario data is added, changed or removed: what `include_dir!` embeds is data, and the
//! compiler alone does not notice a new file.

fn main() {
    println!("cargo::rerun-if-changed=../scenarios");
    println!("cargo::rerun-if-changed=build.rs");
}
